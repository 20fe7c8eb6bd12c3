import { text } from '../catalogue';

/** The house shape: a soft square with one tight corner. */
export function Mark() {
  return (
    <span className="mark" role="img" aria-label={text.product}>
      <svg viewBox="0 0 30 30" width="20" height="20" aria-hidden="true">
        <path d="M6 11h18M6 19h11" />
      </svg>
    </span>
  );
}
