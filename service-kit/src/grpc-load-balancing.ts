import { type ChannelOptions, experimental, status as Grpc } from '@grpc/grpc-js';
import { isAbsent } from './grpc-errors';

const NAME = 'shop_instances';
const HEARS_OF_ADDRESSES = 'shop.hears_of_addresses';

// A stopped process keeps its connections; only its calls show it, seconds before keepalive does.
const LEAVE_OUT_WHAT_FAILS = {
  interval: seconds(1),
  base_ejection_time: seconds(5),
  max_ejection_time: seconds(30),
  max_ejection_percent: 50,
  failure_percentage_ejection: { threshold: 80, minimum_hosts: 2, request_volume: 3 },
  child_policy: [{ round_robin: {} }],
};

/** How many addresses a callee has, as far as is known. */
export class KnownAddresses {
  count = 0;

  get areSeveral(): boolean {
    return this.count > 1;
  }
}

/** Round robin over the instances of a callee, without those that do not answer. */
export function balanced(known: KnownAddresses): ChannelOptions {
  return {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [NAME]: {} }], methodConfig: [] }),
    [HEARS_OF_ADDRESSES]: known,
  };
}

class Settings implements experimental.TypedLoadBalancingConfig {
  readonly child = experimental.parseLoadBalancingConfig({ outlier_detection: LEAVE_OUT_WHAT_FAILS });

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
 * grpc-js's outlier detection takes every refusal for a failure: customers who ask for what is not there would have it leave
 * out an instance that works. Here it hears of answers as successes, whatever they say.
 */
class InstancesThatAnswer extends experimental.ChildLoadBalancerHandler {
  constructor(channel: experimental.ChannelControlHelper) {
    const updateState: typeof channel.updateState = (state, picker, message) =>
      channel.updateState(state, takingAnswersForSuccesses(picker), message);
    super(experimental.createChildChannelControlHelper(channel, { updateState }));
  }

  override updateAddressList(
    ...[endpoints, settings, options, note]: Parameters<experimental.LoadBalancer['updateAddressList']>
  ): boolean {
    const known = options[HEARS_OF_ADDRESSES] as KnownAddresses;
    if (endpoints.ok) known.count = endpoints.value.length;
    return super.updateAddressList(endpoints, (settings as Settings).child, options, note);
  }

  override getTypeName(): string {
    return NAME;
  }
}

function takingAnswersForSuccesses(picker: experimental.Picker): experimental.Picker {
  return {
    pick: (call) => {
      const picked = picker.pick(call);
      const { onCallEnded } = picked;
      if (!onCallEnded) return picked;
      const ended: typeof onCallEnded = (code, details, metadata) =>
        onCallEnded(isAbsent({ code, metadata }) ? code : Grpc.OK, details, metadata);
      return { ...picked, onCallEnded: ended };
    },
  };
}

function seconds(seconds: number): object {
  return { seconds, nanos: 0 };
}

experimental.registerLoadBalancerType(NAME, InstancesThatAnswer, Settings);
