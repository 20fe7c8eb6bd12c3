import { useParams } from 'react-router';
import { Conversation } from './Conversation';

/** Another conversation is another component: nothing of the last one can leak into it. */
export function ConversationPage() {
  const { id = '' } = useParams();
  return <Conversation key={id} id={id} />;
}
