import { Client, Metadata, type ServiceError, status as Grpc } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { protoFile } from '@shop/proto';
import { service as health } from 'grpc-health-check';
import { type ContractName, LOADER_OPTIONS, packageOf } from '../grpc-contracts';
import { type Caller, everyCallerOf } from './every-caller';

type Method = MethodDefinition<object, object>;

/** Of every method, which apps may call it, and a request that is answered, and has its effect, when it gets through. */
export type Doors = Readonly<Record<string, { readonly may: readonly string[]; readonly with: object }>>;

interface Cell {
  readonly name: string;
  readonly method: Method;
  readonly request: object;
  readonly caller: Caller;
  readonly expected: keyof typeof Grpc;
}

/** Every method of a contract, and the health check, by every caller there can be. */
export class CallerMatrix {
  private constructor(
    private readonly address: string,
    private readonly cells: readonly Cell[],
  ) {}

  /** The names of all methods in the contract. */
  static methodsOf(contract: ContractName): string[] {
    return Object.keys(methodsIn(contract));
  }

  static async of(contract: ContractName, address: string, doors: Doors): Promise<CallerMatrix> {
    const methods = Object.entries(methodsIn(contract));
    const callers = await everyCallerOf(`${contract}-service`);
    const cells = callers.flatMap((caller): Cell[] => [
      ...methods.map(([name, method]): Cell => {
        const { may, with: request } = doors[name] ?? { may: [], with: {} };
        const expected = caller.app && may.includes(caller.app) ? 'OK' : caller.refusal;
        return { name, method, request, caller, expected };
      }),
      // Whoever has a certificate may ask for this, whatever else they have.
      {
        name: 'Health/Check',
        method: health.Check as Method,
        request: { service: '' },
        caller,
        expected: caller.refusal === 'UNAVAILABLE' ? 'UNAVAILABLE' : 'OK',
      },
    ]);
    return new CallerMatrix(address, cells);
  }

  /** Makes every call that has to be refused; answers with those that were answered in another way. */
  notRefused(): Promise<string[]> {
    return this.wrong(this.cells.filter(({ expected }) => expected !== 'OK'));
  }

  /** Makes every call that is allowed; answers with those that did not get through. */
  notLetIn(): Promise<string[]> {
    return this.wrong(this.cells.filter(({ expected }) => expected === 'OK'));
  }

  private async wrong(cells: readonly Cell[]): Promise<string[]> {
    const clients = new Map<unknown, Client>();
    const wrong: string[] = [];
    for (const cell of cells) {
      const { credentials, callee, what } = cell.caller;
      const client =
        clients.get(credentials) ?? new Client(this.address, credentials, { 'grpc.ssl_target_name_override': callee });
      clients.set(credentials, client);
      const outcome = await outcomeOf(client, cell);
      if (outcome !== cell.expected) wrong.push(`${cell.name} by ${what}: ${outcome}, not ${cell.expected}`);
    }
    for (const client of clients.values()) client.close();
    return wrong;
  }
}

function methodsIn(contract: ContractName): Record<string, Method> {
  const services = Object.entries(loadSync(protoFile(contract), LOADER_OPTIONS))
    .filter(([name, definition]) => name.startsWith(`${packageOf(contract)}.`) && !('format' in definition))
    .map(([, definition]) => definition as ServiceDefinition);
  return Object.assign({}, ...services) as Record<string, Method>;
}

function outcomeOf(client: Client, { method, request, caller }: Cell): Promise<string> {
  const metadata = new Metadata();
  if (caller.token !== undefined) metadata.set('authorization', `Bearer ${caller.token}`);
  const { path, requestSerialize, responseDeserialize } = method;
  return new Promise((resolve) => {
    const done = (error: ServiceError | null) => resolve(Grpc[error?.code ?? Grpc.OK] ?? String(error));
    const deadline = Date.now() + 5000;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, { deadline }, done);
  });
}
