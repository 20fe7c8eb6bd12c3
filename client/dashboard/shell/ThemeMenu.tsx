import IconButton from '@mui/material/IconButton';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useColorScheme } from '@mui/material/styles';
import { useState } from 'react';
import { text } from '../catalogue';
import { Icon, type IconName } from '../Icon';

const MODES = [
  ['light', 'sun'],
  ['dark', 'moon'],
  ['system', 'system'],
] as const satisfies readonly (readonly [string, IconName])[];

export function ThemeMenu() {
  const { mode = 'system', setMode } = useColorScheme();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = () => setAnchor(null);
  const icon = MODES.find(([name]) => name === mode)?.[1] ?? 'system';
  return (
    <>
      <IconButton
        className="rail-item"
        aria-label={text.rail.appearance}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Icon name={icon} />
      </IconButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={close} {...BESIDE}>
        {MODES.map(([name, glyph]) => (
          <MenuItem
            key={name}
            role="menuitemradio"
            aria-checked={name === mode}
            selected={name === mode}
            onClick={() => {
              setMode(name);
              close();
            }}
          >
            <Icon name={glyph} size={16} />
            {text.rail[name]}
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}

/** Menus of the rail open towards the page. */
export const BESIDE = {
  anchorOrigin: { vertical: 'bottom', horizontal: 'right' },
  transformOrigin: { vertical: 'bottom', horizontal: 'left' },
} as const;
