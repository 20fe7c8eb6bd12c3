export function TypingDots({ label }: { label: string }) {
  return (
    <span className="sh-typing" role="img" aria-label={label}>
      <i />
      <i />
      <i />
    </span>
  );
}
