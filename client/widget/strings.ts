/** The launcher's few words. The panel has its own catalogue. */
export const LAUNCHER_STRINGS = {
  panel: 'Chat',
  close: 'Close chat',
  open: (unread: number) => {
    if (unread === 0) return 'Open chat';
    return `Open chat, ${unread} unread message${unread === 1 ? '' : 's'}`;
  },
} as const;
