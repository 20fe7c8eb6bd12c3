export function SystemLine({ text }: { text: string }) {
  return (
    <p className="sh-system">
      <bdi>{text}</bdi>
    </p>
  );
}
