export function DayDivider({ at, label }: { at: string; label: string }) {
  return (
    <p className="sh-day">
      <time dateTime={at}>
        <bdi>{label}</bdi>
      </time>
    </p>
  );
}
