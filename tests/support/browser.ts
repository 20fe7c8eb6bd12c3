import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from '@jest/globals';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { fromSetup } from './environment.js';

const PICTURES = fileURLToPath(new URL('../../.cache/e2e', import.meta.url));
/** For whatever a page is asked to do or show: long enough for a busy machine, short of forever. */
const PATIENCE_MS = 20_000;
const TEST_MS = 120_000;

/** People at their browsers, each with storage of their own. */
export interface People {
  arrive(): Promise<Page>;
  /** Violations of a content security policy, errors in a console, exceptions: of all pages. */
  readonly problems: readonly string[];
}

/** A test in a real browser; when it fails, .cache/e2e holds a picture of every page. */
export function browserTest(title: string, body: (people: People) => Promise<void>): void {
  test(title, () => inBrowser(title, body), TEST_MS);
}

async function inBrowser(title: string, body: (people: People) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    executablePath: fromSetup('CHROMIUM_PATH'),
    // Chromium's own sandbox does not work as root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-dev-shm-usage'],
  });
  const pages: Page[] = [];
  const problems: string[] = [];
  const arrive = async () => {
    const page = await newPage(await browser.newContext({ locale: 'en-GB' }), problems);
    pages.push(page);
    return page;
  };
  try {
    await body({ arrive, problems });
  } catch (error) {
    await takePictures(title, pages);
    throw error;
  } finally {
    await browser.close();
  }
}

async function newPage(context: BrowserContext, problems: string[]): Promise<Page> {
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`Policy: ${event.violatedDirective} refused ${event.blockedURI}`);
    });
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${page.url()}: ${message.text()}`);
  });
  return page;
}

async function takePictures(title: string, pages: readonly Page[]): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  const name = title.toLowerCase().replaceAll(/\W+/g, '-');
  for (const [index, page] of pages.entries()) {
    await page.screenshot({ path: join(PICTURES, `${name}-${index + 1}.png`) }).catch(() => {});
  }
}
