import type { Status } from '../protocol/resources/presence.js';
import type { Envelope } from './bus/index.js';
import type { Channel, Channels } from './channel.js';
import { Encoded } from './encoded.js';
import { excluding, type Few, including, membersOf } from './few.js';
import { laneFor } from './flush.js';
import type { Session } from './session.js';
import type { Topic } from './topics.js';

/** From a node that got a posted command to the node that owns the session. */
export type Control =
  | { readonly op: 'auth'; readonly userId: string; readonly token: string }
  | { readonly op: 'status'; readonly userId: string; readonly status: Status }
  | { readonly op: 'watch'; readonly userId: string; readonly ids: readonly string[] };

export interface HubEvents {
  /** A number of a conversation was heard of on this node. */
  seen(conversationId: string, changeSeq: number): void;
  control(session: Session, message: Control): void;
}

/** Topics of this node's sessions. Knows no other node and no feature. */
export class Hub {
  readonly sessions = new Map<string, Session>();
  private readonly byTopic = new Map<Topic, Few<Session>>();
  private readonly channels: Channels;
  private readonly events: HubEvents;

  constructor(channels: Channels, events: HubEvents) {
    this.channels = channels;
    this.events = events;
  }

  add(session: Session): void {
    this.sessions.set(session.id, session);
  }

  /** Under one id a newer session may have come. */
  has(session: Session): boolean {
    return this.sessions.get(session.id) === session;
  }

  remove(session: Session): void {
    if (this.has(session)) this.sessions.delete(session.id);
    for (const topic of [...session.topics]) this.leave(session, topic);
  }

  join(session: Session, topic: Topic): void {
    if (!session.isOpen || session.topics.has(topic)) return;
    session.joined(topic);
    this.byTopic.set(topic, including(this.byTopic.get(topic), session));
  }

  leave(session: Session, topic: Topic): void {
    session.left(topic);
    const others = excluding(this.byTopic.get(topic), session);
    if (others) this.byTopic.set(topic, others);
    else this.byTopic.delete(topic);
  }

  /** Each local session under one of the topics, once. */
  at(topics: readonly Topic[]): ReadonlySet<Session> {
    if (topics.length === 1) return membersOf(this.byTopic.get(topics[0] as Topic));
    const union = new Set<Session>();
    for (const topic of topics)
      for (const session of membersOf(this.byTopic.get(topic))) union.add(session);
    return union;
  }

  deliver(envelope: Envelope): void {
    const { conversationId, changeSeq, except, topics } = envelope;
    if (envelope.control) return this.control(envelope);
    const frame = new Encoded(envelope.frame, {
      ephemeral: changeSeq === undefined,
      ...(changeSeq !== undefined && { changeSeq }),
    });
    const channel = conversationId === undefined ? undefined : this.channels.get(conversationId);
    if (conversationId !== undefined && changeSeq !== undefined) {
      this.events.seen(conversationId, changeSeq);
      channel?.deliver(frame, changeSeq);
    }
    const receivers = this.receivers(topics, changeSeq === undefined ? channel : undefined);
    const lane = laneFor(receivers.size);
    const isOwn = conversationId === undefined && changeSeq !== undefined;
    for (const session of receivers) {
      if (isOwn) session.pushOwn(frame, changeSeq);
      else if (session.id !== except) session.push(frame, lane);
    }
  }

  private receivers(topics: readonly Topic[], channel: Channel | undefined): ReadonlySet<Session> {
    if (!channel) return this.at(topics);
    return new Set([...this.at(topics), ...channel.present()]);
  }

  private control({ topics, frame }: Envelope): void {
    const message = JSON.parse(frame) as Control;
    for (const topic of topics) {
      const session = this.sessions.get(topic.slice(topic.indexOf(':') + 1));
      if (session) this.events.control(session, message);
    }
  }
}
