import { connect, createServer, type Server, type Socket } from 'node:net';
import { Flow } from './flow.js';
import { CLEAR, type Weather } from './weather.js';

const TICK_MS = 25;

interface Link {
  readonly client: Socket;
  readonly up: Flow;
  readonly down: Flow;
  readonly server: Socket;
  weather: Weather;
}

/** Ports to try, in order. */
export type Route = () => readonly number[];

/** A TCP proxy whose connections meet the weather that a test makes. */
export class FaultProxy {
  readonly port: number;
  private readonly listener: Server;
  private readonly links = new Set<Link>();
  private weather: Weather = CLEAR;
  /** Decides which connections the weather meets, old and new. */
  private meets: () => boolean = () => true;
  private readonly timer: NodeJS.Timeout;

  private constructor(listener: Server, route: Route) {
    this.listener = listener;
    this.port = (listener.address() as { port: number }).port;
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
    listener.on('connection', (client) => this.accept(client, route));
  }

  static open(route: Route): Promise<FaultProxy> {
    const listener = createServer({ pauseOnConnect: true, noDelay: true });
    return new Promise((resolve) => {
      listener.listen(0, '127.0.0.1', () => resolve(new FaultProxy(listener, route)));
    });
  }

  set(weather: Weather, meets: () => boolean = () => true): void {
    this.weather = weather;
    this.meets = meets;
    for (const link of this.links) if (meets()) this.apply(link, weather);
  }

  /** What was held back passes; a half-open connection has lost bytes on any real network and is reset. */
  clear(): void {
    this.weather = CLEAR;
    for (const link of this.links) {
      if (link.weather.kind === 'half-open') reset(link);
      else this.apply(link, CLEAR);
    }
  }

  /** Every connection there is, at once; new ones are served. */
  reset(): void {
    for (const link of this.links) reset(link);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.reset();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private apply(link: Link, weather: Weather): void {
    if (weather.kind === 'cut') reset(link);
    link.weather = weather;
    link.up.pump(weather);
    link.down.pump(weather);
  }

  private tick(): void {
    for (const link of this.links) {
      if (link.weather.kind !== 'clear') this.apply(link, link.weather);
    }
  }

  private accept(client: Socket, route: Route): void {
    client.on('error', ignore);
    const weather = this.meets() ? this.weather : CLEAR;
    if (weather.kind === 'cut') client.resetAndDestroy();
    else dial(client, route(), (server) => this.join(client, server, weather));
  }

  private join(client: Socket, server: Socket, weather: Weather): void {
    // It may have left while the other side was being dialled: nothing would ever end this one.
    if (client.destroyed) return void server.destroy();
    const up = new Flow(client, server, 'up');
    const down = new Flow(server, client, 'down');
    const link: Link = { client, server, up, down, weather };
    this.links.add(link);
    client.on('data', (bytes) => up.take(bytes, link.weather));
    server.on('data', (bytes) => down.take(bytes, link.weather));
    client.on('close', () => this.ended(link, up));
    server.on('close', () => this.ended(link, down));
    client.resume();
  }

  private ended(link: Link, flow: Flow): void {
    if (link.client.destroyed && link.server.destroyed) this.links.delete(link);
    else flow.end(link.weather);
  }
}

/** The first port that accepts. */
function dial(client: Socket, ports: readonly number[], joined: (server: Socket) => void): void {
  const [port, ...others] = ports;
  if (port === undefined || client.destroyed) {
    client.resetAndDestroy();
    return;
  }
  const server = connect({ port, host: '127.0.0.1', noDelay: true });
  const next = () => dial(client, others, joined);
  server.once('error', next);
  server.once('connect', () => {
    server.off('error', next);
    server.on('error', ignore);
    joined(server);
  });
}

function reset({ client, server }: Link): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}

function ignore(): void {}
