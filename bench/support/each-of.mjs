const AT_ONCE = 8;

/** The results of `make` for 0 to `count` - 1, a few at a time. */
export async function eachOf(count, make) {
  const results = [];
  const work = async () => {
    for (let index = results.push(null) - 1; index < count; index = results.push(null) - 1)
      results[index] = await make(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results.slice(0, count);
}
