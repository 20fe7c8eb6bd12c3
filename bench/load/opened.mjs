/** The connection, once the server is ready for it. */
export function opened(connect, target, events) {
  return new Promise((resolve) => {
    const connection = connect(target, { ...events, ready: () => resolve(connection) });
  });
}
