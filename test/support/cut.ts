import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be taken away: `cut` refuses and drops connections, `stall` keeps them and says nothing. */
export interface Cut {
  /** `host:port`, as Temporal's clients take it. */
  readonly address: string;
  open(): void;
  cut(): void;
  stall(): void;
  close(): Promise<void>;
}

/** Starts a way to the server at an address, open at first. */
export async function startCut(target: string): Promise<Cut> {
  const [host = '', port = ''] = target.split(':');
  const pairs = new Map<Socket, Socket>();
  let state: 'open' | 'cut' | 'stalled' = 'open';
  const server = createServer((socket) => {
    if (state === 'cut') {
      socket.destroy();
      return;
    }
    const behind = connect(Number(port), host);
    pairs.set(socket, behind);
    socket.pipe(behind).pipe(socket);
    if (state === 'stalled') hold(socket, behind);
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        pairs.delete(socket);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = () => {
    for (const [socket, behind] of pairs) {
      socket.destroy();
      behind.destroy();
    }
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    open() {
      state = 'open';
      // What was held back for long is stale: its callers have given up.
      drop();
    },
    cut() {
      state = 'cut';
      drop();
    },
    stall() {
      state = 'stalled';
      for (const [socket, behind] of pairs) hold(socket, behind);
    },
    async close() {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function hold(socket: Socket, behind: Socket): void {
  socket.unpipe(behind);
  behind.unpipe(socket);
  socket.pause();
  behind.pause();
}
