const stops = [];

/** What has been started last is stopped first. */
export function onStop(stop) {
  stops.push(stop);
}

export async function stopAll() {
  for (const stop of stops.splice(0).reverse()) {
    await stop().catch((error) => process.stderr.write(`While stopping: ${error.message}\n`));
  }
}
