/** `port` with some methods replaced, whether it is a literal or an instance of a class. */
export function overlay<T extends object>(port: T, methods: Partial<T>): T {
  return Object.assign(Object.create(port), methods);
}
