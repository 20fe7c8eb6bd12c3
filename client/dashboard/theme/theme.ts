import { createTheme, type PaletteColorOptions, type Shadows } from '@mui/material/styles';
import { controls } from './controls';

const token = (name: string) => `var(--sh-${name})`;

/** The scheme decides through the tokens, so one palette serves light and dark. */
const semantic = (name: string, on = token('surface')): PaletteColorOptions => ({
  main: token(name),
  light: token(name),
  dark: token(name),
  contrastText: on,
});

const palette = {
  primary: {
    main: token('brand'),
    light: token('brand-soft'),
    dark: token('brand-hover'),
    contrastText: token('on-brand'),
  },
  error: semantic('danger', token('on-danger')),
  warning: semantic('warning'),
  success: semantic('success'),
  info: semantic('info'),
  background: { default: token('bg'), paper: token('surface') },
  text: { primary: token('text'), secondary: token('text-2'), disabled: token('text-3') },
  divider: token('line'),
};

const weights = {
  fontWeightLight: 400,
  fontWeightRegular: 400,
  fontWeightMedium: 500,
  fontWeightBold: 600,
};

const steps = [token('e-1'), token('e-2'), token('e-3'), token('e-4')];
const shadows = Array.from({ length: 25 }, (_, level) =>
  level === 0 ? 'none' : (steps[Math.min(level, steps.length) - 1] ?? 'none'),
) as Shadows;

/** MUI drawn with the tokens: no ripple, no upper case, no elevation greys, motion of the house. */
export const theme = createTheme({
  cssVariables: { colorSchemeSelector: 'data-theme', nativeColor: true },
  colorSchemes: { light: { palette }, dark: { palette } },
  shape: { borderRadius: 8 },
  shadows,
  typography: {
    ...weights,
    fontFamily: token('font'),
    htmlFontSize: 16,
    fontSize: 13,
    button: { textTransform: 'none', fontWeight: 500, fontSize: '0.8125rem', letterSpacing: 0 },
  },
  transitions: {
    duration: {
      shortest: 90,
      shorter: 90,
      short: 160,
      standard: 160,
      complex: 240,
      enteringScreen: 160,
      leavingScreen: 90,
    },
    easing: {
      easeInOut: token('ease'),
      easeOut: token('ease-out'),
      easeIn: token('ease-in'),
      sharp: token('ease'),
    },
  },
  components: controls,
});
