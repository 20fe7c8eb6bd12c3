import type { BootOptions, CommandCall, ServiHubChat } from './commands';
import { createLauncher, type Launcher } from './launcher';
import type { Theme } from './protocol';

/** Puts `ServiHubChat` on the page, then carries out what was asked of it before. A second loader changes nothing. */
export function install(page: Window, script: HTMLScriptElement | null): void {
  const earlier = page.ServiHubChat;
  if (earlier?.isLoaded) return;
  const run = commands(
    page,
    script ? new URL(script.src, page.location.href).origin : page.location.origin,
  );
  page.ServiHubChat = run;
  const ownBoot = bootOf(script);
  if (ownBoot) run('boot', ownBoot);
  for (const call of earlier?.q ?? []) run(...(Array.from(call) as unknown as CommandCall));
}

function commands(page: Window, origin: string): ServiHubChat {
  let launcher: Launcher | null = null;
  const shutdown = () => {
    launcher?.destroy();
    launcher = null;
  };
  const run: ServiHubChat = (...call: CommandCall) => {
    if (call[0] === 'boot') {
      shutdown();
      launcher = createLauncher(page, { url: origin, ...call[1] });
    } else if (call[0] === 'shutdown') shutdown();
    else launcher?.[call[0]]();
  };
  run.isLoaded = true;
  return run;
}

/** `<script async src=".../widget/loader.js" data-key="...">` boots by itself. */
function bootOf(script: HTMLScriptElement | null): BootOptions | null {
  const { key, theme, color } = script?.dataset ?? {};
  if (!key) return null;
  return { key, ...(theme ? { theme: theme as Theme } : {}), ...(color ? { color } : {}) };
}
