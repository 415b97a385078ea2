import { type ChannelOptions, experimental } from '@grpc/grpc-js';
import { isAbsent } from './grpc-errors';
import { SilentInstances } from './silent-instances';

const NAME = 'shop_instances';
const HEARS_OF_ADDRESSES = 'shop.hears_of_addresses';

/** How many addresses a callee has, as far as is known. */
export class KnownAddresses {
  count = 0;

  get areSeveral(): boolean {
    return this.count > 1;
  }
}

/** Round robin over the instances of a callee, past those that do not answer while others do. */
export function balanced(known: KnownAddresses): ChannelOptions {
  return {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [NAME]: {} }], methodConfig: [] }),
    [HEARS_OF_ADDRESSES]: known,
  };
}

class Settings implements experimental.TypedLoadBalancingConfig {
  readonly child = experimental.parseLoadBalancingConfig({ round_robin: {} });

  getLoadBalancerName(): string {
    return NAME;
  }

  toJsonObject(): object {
    return { [NAME]: {} };
  }

  static createFromJson(): Settings {
    return new Settings();
  }
}

/**
 * grpc-js's outlier detection takes an instance that was late for absent, and fails every call when the others go meanwhile.
 * Here it is only asked last.
 */
class InstancesThatAnswer extends experimental.ChildLoadBalancerHandler {
  private readonly known: { addresses: KnownAddresses };

  constructor(channel: experimental.ChannelControlHelper) {
    const known = { addresses: new KnownAddresses() };
    const silent = new SilentInstances<experimental.SubchannelInterface>();
    const updateState: typeof channel.updateState = (state, picker, message) =>
      channel.updateState(state, pastTheSilent(picker, { silent, count: () => known.addresses.count }), message);
    super(experimental.createChildChannelControlHelper(channel, { updateState }));
    this.known = known;
  }

  override updateAddressList(
    ...[endpoints, settings, options, note]: Parameters<experimental.LoadBalancer['updateAddressList']>
  ): boolean {
    this.known.addresses = options[HEARS_OF_ADDRESSES] as KnownAddresses;
    if (endpoints.ok) this.known.addresses.count = endpoints.value.length;
    return super.updateAddressList(endpoints, (settings as Settings).child, options, note);
  }

  override getTypeName(): string {
    return NAME;
  }
}

interface Instances {
  readonly silent: SilentInstances<experimental.SubchannelInterface>;
  readonly count: () => number;
}

function pastTheSilent(picker: experimental.Picker, { silent, count }: Instances): experimental.Picker {
  return {
    pick: (call) => {
      let picked = picker.pick(call);
      for (let others = count() - 1; others > 0 && isPassedOver(picked); others--) picked = picker.pick(call);
      const { subchannel } = picked;
      if (!subchannel) return picked;
      const begunAt = performance.now();
      const onCallEnded: experimental.PickResult['onCallEnded'] = (code, details, metadata) => {
        const isAnswered = !isAbsent({ code, details, metadata });
        silent.ended(subchannel, { code, isAnswered, tookMs: performance.now() - begunAt });
        picked.onCallEnded?.(code, details, metadata);
      };
      return { ...picked, onCallEnded };
    },
  };

  function isPassedOver({ subchannel }: experimental.PickResult): boolean {
    return subchannel !== null && silent.passesOver(subchannel);
  }
}

experimental.registerLoadBalancerType(NAME, InstancesThatAnswer, Settings);
