import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Participant } from '@protocol/resources/participant';
import type { Person } from '@protocol/resources/person';
import { Avatar } from '../../ui/Avatar';
import { LOCALE, text } from '../catalogue';
import { Icon, type IconName } from '../Icon';
import { PresenceText } from '../PresenceText';
import { useStatusOf } from '../use-status';

interface CustomerPanelProps {
  readonly item: InboxItem;
  readonly person: Person | null;
  readonly name: string;
  readonly meId: string;
}

/** What is known about the other side, and who is in the conversation. */
export function CustomerPanel({ item, person, name, meId }: CustomerPanelProps) {
  const here = item.participants.filter(({ leftSeq }) => leftSeq === null);
  return (
    <aside className="customer" aria-label={text.customer.label}>
      <div className="customer-top">
        <Avatar id={person?.id ?? item.id} name={name} picture={person?.avatar ?? null} size={48} />
        <div>
          <h3 className="truncated">
            <bdi>{name}</bdi>
          </h3>
          <p className="truncated">
            <PresenceText userId={person?.id ?? ''} />
          </p>
        </div>
      </div>
      <section>
        <dl className="facts">
          <Fact icon="clock" name={text.customer.started}>
            {text.customer.since(formatDate(item.createdAt))}
          </Fact>
          {item.business && (
            <Fact icon="shop" name={text.customer.business}>
              <bdi>{item.business.name}</bdi>
            </Fact>
          )}
        </dl>
      </section>
      <section>
        <h4>{text.customer.participants}</h4>
        <ul className="members">
          {here.map((participant) => (
            <Member key={participant.userId} participant={participant} meId={meId} />
          ))}
        </ul>
      </section>
    </aside>
  );
}

function formatDate(at: string): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: 'long' }).format(new Date(at));
}

interface FactProps {
  readonly icon: IconName;
  readonly name: string;
  readonly children: React.ReactNode;
}

function Fact({ icon, name, children }: FactProps) {
  return (
    <div>
      <dt>
        <Icon name={icon} size={16} />
        <span className="sh-sr">{name}</span>
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

function Member({ participant, meId }: { participant: Participant; meId: string }) {
  const { user, role } = participant;
  const status = useStatusOf(user.id);
  return (
    <li>
      <Avatar
        id={user.id}
        name={user.name}
        picture={user.avatar}
        size={24}
        {...(status ? { status } : {})}
      />
      <bdi className="truncated">{user.name}</bdi>
      <small>{user.id === meId ? text.customer.you : text.customer.roles[role]}</small>
    </li>
  );
}
