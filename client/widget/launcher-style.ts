/**
 * Styles of the shadow root; every byte of this is the host page's. `--brand` is set by script. The drawing on it is
 * white up to a lightness where that still has 3:1, black beyond; a browser without relative colours keeps white.
 */
export const LAUNCHER_STYLE = `
:host{all:initial;position:fixed;z-index:2147483000;inset-inline-end:24px;bottom:max(24px,env(safe-area-inset-bottom))}
button{all:unset;position:relative;display:grid;place-items:center;width:60px;height:60px;border-radius:20px;border-end-end-radius:6px;background:var(--brand,#0b6b74);color:#fff;color:oklch(from var(--brand,#0b6b74) calc((.68 - l)*infinity) 0 0);cursor:pointer;box-shadow:0 1px 2px rgb(0 0 0/.2),0 10px 26px -6px rgb(0 0 0/.45);transition:scale 90ms}
button:hover{scale:1.04}
button:active{scale:.96}
button:focus-visible{outline:2px solid;outline-offset:-5px}
svg{grid-area:1/1;width:30px;height:30px;fill:none;stroke:currentColor;stroke-width:3;stroke-linecap:round;stroke-linejoin:round;transition:opacity 160ms,translate 160ms}
svg+svg{stroke-width:2.2}
svg+svg,[aria-expanded=true] svg{opacity:0;translate:0 -4px}
[aria-expanded=true] svg+svg{opacity:1;translate:0}
b{position:absolute;top:-7px;inset-inline-end:-7px;box-sizing:border-box;min-width:24px;padding:0 7px;border-radius:12px;background:#1c1b1a;color:#fff;box-shadow:0 0 0 2.5px #fff;font:600 13px/24px system-ui,sans-serif;text-align:center}
b:empty{display:none}
iframe{position:absolute;inset-inline-end:0;bottom:74px;width:392px;height:min(var(--want,440px),100dvh - 122px);border:0;border-radius:20px;background:#fff;box-shadow:0 0 0 1px rgb(40 30 20/.06),0 24px 64px -12px rgb(40 30 20/.3);opacity:0;visibility:hidden;translate:0 8px;transition:opacity 160ms,translate 160ms,visibility 0s 160ms}
:host([data-open]) iframe{opacity:1;visibility:visible;translate:0;transition:opacity 240ms cubic-bezier(.16,1,.3,1),translate 240ms cubic-bezier(.16,1,.3,1),height 240ms cubic-bezier(.16,1,.3,1)}
:host([data-theme=dark]) iframe{background:#1a1918}
@media(prefers-color-scheme:dark){:host([data-theme=auto]) iframe{background:#1a1918}}
@media(max-width:480px){:host{inset-inline-end:16px;bottom:max(16px,env(safe-area-inset-bottom))}
iframe{position:fixed;inset:var(--top,0) 0 auto;width:100%;height:var(--height,100dvh);border-radius:0;box-shadow:none}
:host([data-open]) button{visibility:hidden}}
@media(prefers-reduced-motion:reduce){*{translate:0!important;scale:1!important;transition-property:opacity,visibility!important}}
@media print{:host{display:none}}
`;
