import { Fragment } from 'react';
import { splitLinks } from './links';

export function LinkedText({ text }: { text: string }) {
  return splitLinks(text).map((part) =>
    part.kind === 'text' ? (
      <Fragment key={part.at}>{part.text}</Fragment>
    ) : (
      <a key={part.at} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
        <bdi>{part.text}</bdi>
      </a>
    ),
  );
}
