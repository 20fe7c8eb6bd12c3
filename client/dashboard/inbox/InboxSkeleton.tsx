const ROWS = [1, 2, 3, 4, 5, 6, 7];

export function InboxSkeleton() {
  return (
    <div className="rows" aria-busy="true">
      {ROWS.map((row) => (
        <SkeletonRow key={row} />
      ))}
    </div>
  );
}

export function SkeletonRow() {
  return (
    <div className="row-skeleton" aria-hidden="true">
      <span className="skeleton skeleton-round" />
      <span className="skeleton" />
      <span className="skeleton" />
    </div>
  );
}
