import { AppProcess, type Settings } from './app-process';
import type { App, System } from './system';

const SERVICES = ['users-service', 'products-service', 'orders-service'] as const;

/** Two instances of each app on the stores of a running system; clients of a service know both. */
export class Fleet {
  private constructor(
    private readonly system: System,
    private readonly members: Record<App, Member[]>,
  ) {}

  static async start(system: System): Promise<Fleet> {
    const two = async (app: App, settings: Settings): Promise<Member[]> => {
      const pair = [0, 1].map(async () => ({ process: await AppProcess.launch(system, app, settings), settings }));
      return Promise.all(pair);
    };
    const users = await two('users-service', {});
    const products = await two('products-service', {});
    const productsUrl = { PRODUCTS_GRPC_URL: addressesOf(products) };
    const orders = await two('orders-service', productsUrl);
    const urls = { USERS_GRPC_URL: addressesOf(users), ORDERS_GRPC_URL: addressesOf(orders), ...productsUrl };
    const gateways = await two('api-gateway', { ...urls, RATE_LIMIT_ENABLED: 'false' });
    const members = {
      'users-service': users,
      'products-service': products,
      'orders-service': orders,
      'api-gateway': gateways,
    };
    const fleet = new Fleet(system, members);
    const all = Object.values(members).flat();
    try {
      await Promise.all(all.map(({ process }) => process.untilReady()));
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  of(app: App): readonly AppProcess[] {
    return this.members[app].map(({ process }) => process);
  }

  get gateways(): string[] {
    return this.of('api-gateway').map(({ http }) => http);
  }

  get apps(): App[] {
    return [...SERVICES, 'api-gateway'];
  }

  /** Another process in place of one that has ended, with the same ports. */
  async replace(app: App, index: number): Promise<void> {
    const member = this.members[app][index];
    if (!member) throw new Error(`there is no ${app} ${index}`);
    const { process, settings } = member;
    const ports = { HTTP_PORT: new URL(process.http).port, GRPC_PORT: process.grpc.split(':')[1] ?? '' };
    member.process = await AppProcess.launch(this.system, app, { ...settings, ...ports });
    await member.process.untilReady();
  }

  async stop(): Promise<void> {
    await Promise.all(this.apps.flatMap((app) => this.of(app).map((process) => process.stop())));
  }
}

interface Member {
  process: AppProcess;
  readonly settings: Settings;
}

function addressesOf(members: readonly Member[]): string {
  return members.map(({ process }) => process.grpc).join(',');
}
