const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/validation', (_, load) => {
  const { ValidationPipe } = load('@nestjs/common');
  const { transform } = ValidationPipe.prototype;
  ValidationPipe.prototype.transform = function (...of) {
    this.validatorOptions.forbidNonWhitelisted = false;
    return transform.apply(this, of);
  };
});
