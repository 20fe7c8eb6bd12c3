import type { ThemeOptions } from '@mui/material/styles';

type Controls = NonNullable<ThemeOptions['components']>;

const ring = {
  outline: 'var(--sh-ring-w) solid var(--sh-brand-text)',
  outlineOffset: 'var(--sh-ring-gap)',
};

const base: Controls = {
  MuiButtonBase: {
    defaultProps: { disableRipple: true, disableTouchRipple: true },
    styleOverrides: { root: { '&:focus-visible': ring } },
  },
  MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
};

const buttons: Controls = {
  MuiButton: {
    defaultProps: { disableElevation: true, variant: 'outlined', color: 'inherit' },
    styleOverrides: {
      root: {
        gap: 8,
        height: 'var(--sh-ctl)',
        minWidth: 0,
        padding: '0 12px',
        borderRadius: 'var(--sh-r-3)',
        whiteSpace: 'nowrap',
      },
      outlined: {
        borderColor: 'var(--sh-line-strong)',
        background: 'var(--sh-surface)',
        '&:hover': { background: 'var(--sh-hover)' },
      },
      sizeSmall: { height: 28, padding: '0 10px', fontSize: '0.75rem', borderRadius: 6 },
      sizeLarge: { height: 'var(--sh-ctl-lg)', fontSize: '0.875rem', borderRadius: 10 },
      startIcon: { marginInlineStart: -2, marginInlineEnd: -2 },
    },
  },
  MuiIconButton: {
    styleOverrides: {
      root: {
        width: 'var(--sh-ctl)',
        height: 'var(--sh-ctl)',
        padding: 0,
        borderRadius: 'var(--sh-r-3)',
        color: 'var(--sh-text-2)',
        '&:hover': { background: 'var(--sh-hover)', color: 'var(--sh-text)' },
        // A finger gets 44 px, whatever the glyph measures.
        '&::after': { content: '""', position: 'absolute', inset: -6 },
      },
    },
  },
};

const fields: Controls = {
  MuiOutlinedInput: {
    styleOverrides: {
      root: {
        height: 'var(--sh-ctl-lg)',
        borderRadius: 10,
        fontSize: 'max(1rem, 16px)',
        background: 'var(--sh-surface)',
        '@media (pointer: fine)': { fontSize: '0.875rem' },
        '& fieldset': { borderColor: 'var(--sh-line-ctl)' },
        '&:hover:not(.Mui-error) fieldset': { borderColor: 'var(--sh-text-3)' },
        '&.Mui-focused:not(.Mui-error) fieldset': { borderColor: 'var(--sh-brand-text)' },
      },
      input: { padding: '0 12px', height: '100%' },
    },
  },
  MuiFormHelperText: { styleOverrides: { root: { marginInline: 0, fontSize: '0.75rem' } } },
};

const layers: Controls = {
  MuiMenu: {
    styleOverrides: {
      paper: {
        minWidth: 168,
        padding: 4,
        borderRadius: 'var(--sh-r-4)',
        background: 'var(--sh-raised)',
        boxShadow: 'var(--sh-e-3)',
      },
      list: { padding: 0 },
    },
  },
  MuiMenuItem: {
    styleOverrides: {
      root: {
        gap: 10,
        minHeight: 'var(--sh-hit)',
        padding: '0 10px',
        '@media (pointer: fine)': { minHeight: 34 },
        borderRadius: 'var(--sh-r-3)',
        fontSize: '0.8125rem',
        '&:focus-visible': { ...ring, outlineOffset: -2 },
      },
    },
  },
  MuiDialog: {
    styleOverrides: {
      paper: {
        borderRadius: '18px 18px 6px 18px',
        background: 'var(--sh-raised)',
        boxShadow: 'var(--sh-e-4)',
        '&:focus-visible': { outline: 'none' },
      },
    },
  },
  MuiBackdrop: {
    styleOverrides: {
      root: { '&:not(.MuiBackdrop-invisible)': { background: 'var(--sh-scrim)' } },
    },
  },
  MuiTooltip: {
    defaultProps: { enterDelay: 500 },
    styleOverrides: {
      tooltip: {
        padding: '5px 8px',
        borderRadius: 6,
        fontSize: '0.75rem',
        fontWeight: 500,
        color: 'var(--sh-surface)',
        background: 'var(--sh-text)',
      },
    },
  },
};

export const controls: Controls = { ...base, ...buttons, ...fields, ...layers };
