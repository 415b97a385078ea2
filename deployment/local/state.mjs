import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './secrets.mjs';
import { portNamesOf } from './apps.mjs';

/** .local/state.json: what runs where, for testers and operators. Complete from its first moment; no password in it. */
export class State {
  constructor(dir) {
    this.dir = dir;
    this.file = join(dir, 'state.json');
    rmSync(this.file, { force: true });
  }

  begin({ supervisor, ports, wanted, instances = [] }) {
    this.running = { supervisor, ports, wanted, instances };
    this.write();
  }

  write() {
    if (!this.running) return;
    const { ports } = this.running;
    const processes = this.#processes();
    const content = {
      ...(ports.gateway ? { gateway: `http://127.0.0.1:${ports.gateway}` } : {}),
      processes,
      stores: this.#stores(),
      tls: { ca: join(this.dir, 'tls', 'ca.crt'), certs: join(this.dir, 'tls') },
    };
    writeWhole(this.file, `${JSON.stringify(content, null, 2)}\n`, 0o644);
  }

  remove() {
    this.running = undefined;
    rmSync(this.file, { force: true });
  }

  #processes() {
    const { supervisor, ports, instances } = this.running;
    const entry = (instance) => {
      const names = Object.entries(portNamesOf(instance));
      return {
        pid: supervisor.pidOf(instance.name),
        ...Object.fromEntries(names.map(([of, name]) => [of, ports[name]])),
      };
    };
    return Object.fromEntries(instances.map((instance) => [instance.name, entry(instance)]));
  }

  #stores() {
    const { supervisor, ports, wanted } = this.running;
    const names = Object.keys(wanted).filter((name) => wanted[name]);
    return Object.fromEntries(names.map((name) => [name, { pid: supervisor.pidOf(name), port: ports[name] }]));
  }
}
