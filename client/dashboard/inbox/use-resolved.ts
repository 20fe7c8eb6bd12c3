import { useEffect, useMemo } from 'react';
import { useChat, useStore } from '../../react';
import { createResolvedList } from './resolved-list';

/** Read again whenever somebody resolves or re-opens a conversation while the list is looked at. */
export function useResolved(isShown: boolean) {
  const chat = useChat();
  const list = useMemo(() => createResolvedList(chat), [chat]);
  useEffect(() => {
    if (!isShown) return;
    void list.load();
    return chat.on('frame', ({ type }) => {
      if (type === 'conversation') void list.load();
    });
  }, [isShown, chat, list]);
  return { ...useStore(list), load: list.load, loadMore: list.loadMore };
}
