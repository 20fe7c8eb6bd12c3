/** On the host's origin: that its visitor has a conversation, and the colour to draw the launcher in. */
export interface KnownVisitor {
  brand(): string | null;
  remember(brand: string): void;
  forget(): void;
}

/** Pages without storage get a visitor who is never known. */
export function knownVisitor(page: Window, key: string): KnownVisitor {
  const name = `servihub:${key}`;
  const attempt = <T>(use: (storage: Storage) => T): T | null => {
    try {
      return use(page.localStorage);
    } catch {
      return null;
    }
  };
  return {
    brand: () => attempt((storage) => storage.getItem(name)),
    remember: (brand) => void attempt((storage) => storage.setItem(name, brand)),
    forget: () => void attempt((storage) => storage.removeItem(name)),
  };
}
