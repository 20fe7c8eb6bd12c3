// npm run build: everything anew, with what the builds have to say, such as the weight of the pages.
import { BuildError, build, consoleProgress } from './builds.mjs';

const { begin, end } = consoleProgress('Building:');
const progress = {
  begin,
  end(title, ms, said) {
    end(title, ms);
    if (said) process.stdout.write(`${said.replace(/^/gm, '      ')}\n`);
  },
};
await build(progress, { everything: true }).catch((error) => {
  process.stderr.write(`${error instanceof BuildError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
