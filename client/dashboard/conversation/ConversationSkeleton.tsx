/** The geometry of a conversation, while it is on its way. */
export function ConversationSkeleton() {
  return (
    <div className="split">
      <div className="conversation" aria-busy="true">
        <div className="conversation-head">
          <span className="skeleton skeleton-round skeleton-avatar" />
          <div className="head-skeleton">
            <span className="skeleton" />
            <span className="skeleton" />
          </div>
        </div>
        <div className="thread-skeleton">
          <span className="skeleton" />
          <span className="skeleton" />
          <span className="skeleton skeleton-own" />
          <span className="skeleton" />
        </div>
        <div className="composer-dock">
          <div className="composer composer-skeleton" />
        </div>
      </div>
      <div className="customer" />
    </div>
  );
}
