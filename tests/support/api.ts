import supertest, { type Response } from 'supertest';

export interface Api {
  get(path: string): Promise<Response>;
  post(path: string, body?: object): Promise<Response>;
  patch(path: string, body: object): Promise<Response>;
  delete(path: string): Promise<Response>;
}

/** REST as one caller; without a token as nobody. */
export function api(url: string, token?: string): Api {
  const request = supertest(url);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    get: (path) => request.get(path).set(headers),
    post: (path, body = {}) => request.post(path).set(headers).send(body),
    patch: (path, body) => request.patch(path).set(headers).send(body),
    delete: (path) => request.delete(path).set(headers),
  };
}
