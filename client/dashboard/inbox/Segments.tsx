import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import { text } from '../catalogue';
import type { Segment } from './use-segment';

const SEGMENTS = ['all', 'unread', 'resolved'] as const satisfies readonly Segment[];

interface SegmentsProps {
  readonly value: Segment;
  readonly tallies: Partial<Record<Segment, string>>;
  readonly onChange: (segment: Segment) => void;
}

export function Segments({ value, tallies, onChange }: SegmentsProps) {
  return (
    <ToggleButtonGroup
      className="segments"
      exclusive
      value={value}
      aria-label={text.inbox.segmentsLabel}
      onChange={(_event, next: Segment | null) => next !== null && onChange(next)}
    >
      {SEGMENTS.map((segment) => (
        <ToggleButton key={segment} value={segment}>
          {text.inbox.segments[segment]}
          {tallies[segment] && <span className="tally">{tallies[segment]}</span>}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
