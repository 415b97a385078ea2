const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/grpc-client', (_, load) => {
  const { BrokenCircuitError, CircuitBreakerPolicy, CircuitState } = load('cockatiel');
  const { execute } = CircuitBreakerPolicy.prototype;
  const all = new Set();
  CircuitBreakerPolicy.prototype.execute = async function (...work) {
    all.add(this);
    const isOpen = [...all].some((each) => each !== this && each.state === CircuitState.Open);
    if (isOpen) throw new BrokenCircuitError();
    return execute.apply(this, work);
  };
});
