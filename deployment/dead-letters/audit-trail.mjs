import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { Failure } from '../local/progress.mjs';
import { requireFrom } from '../local/workspace.mjs';

const { Certificates, createGrpcClient, ServiceTokens } = requireFrom('service-kit', '@shop/service-kit');
const NAME = 'operator';
const SILENT = { info: () => undefined, warn: () => undefined };

/** users-service's audit trail. What cannot be written down there is not done. */
export class AuditTrail {
  static open(settings) {
    const certificates = new Certificates(settings, SILENT);
    const client = createGrpcClient({
      name: 'users-service',
      service: 'users',
      address: settings.USERS_GRPC_URL,
      certificates,
      tokens: new ServiceTokens(NAME, settings.JWT_SERVICE_SECRET),
    });
    return new AuditTrail(client, certificates);
  }

  constructor(client, certificates) {
    this.client = client;
    this.certificates = certificates;
  }

  async record(action, { id, queue, type, reason }) {
    const record = {
      id: randomUUID(),
      at: new Date().toISOString(),
      actor: NAME,
      action,
      target: `message:${id}`,
      ip: '',
      requestId: '',
      details: { queue, type, reason: reason.slice(0, 200), user: process.env.OPERATOR || userInfo().username },
    };
    try {
      await this.client.recordAudit({ record });
    } catch (error) {
      throw new Failure(`Not done, since the audit trail cannot be written: users-service says ${error.message}.`);
    }
  }

  close() {
    this.client.close();
    this.certificates.onApplicationShutdown();
  }
}
