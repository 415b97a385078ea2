import { type ArgumentMetadata, type Type, ValidationPipe, type ValidationError } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DomainError, type FieldError } from './errors';
import { isPlainName } from './plain-name';

const KEPT_QUERIES = 1000;
// Somebody's address may be among what is searched.
const FORGET_EVERY_MS = 60_000;

/** Unknown fields are refused, nothing is coerced, and every wrong field is named. */
export function validationPipe(): ValidationPipe {
  return new RememberingPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors: ValidationError[]) =>
      new DomainError('VALIDATION_FAILED', { fields: errors.flatMap((error) => fieldErrors(error)) }),
  });
}

/** The same few queries come again and again, and checking one costs more than finding what it was found to be. */
class RememberingPipe extends ValidationPipe {
  private readonly known = new Map<Type, LRUCache<string, object>>();
  private readonly forgetting = setInterval(() => this.known.clear(), FORGET_EVERY_MS).unref();

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { type, metatype, data } = metadata;
    if (type !== 'query' || !metatype || data !== undefined) return super.transform(value, metadata);
    refuseNamesOfMethods(value as object, metatype);
    const known = this.known.get(metatype) ?? new LRUCache<string, object>({ max: KEPT_QUERIES });
    this.known.set(metatype, known);
    const text = JSON.stringify(value);
    const checked = known.get(text) ?? Object.freeze((await super.transform(value, metadata)) as object);
    known.set(text, checked);
    return checked;
  }
}

// class-validator takes a field that every object has, or a method of the class, for one that it knows; and Nest's pipe takes
// `prototype` away unseen.
function refuseNamesOfMethods(value: object, { prototype }: Type): void {
  const field = Object.keys(value).find((name) => name in prototype || name === 'prototype');
  if (field === undefined) return;
  const fields = [{ field, message: `property ${field} should not exist` }];
  throw new DomainError('VALIDATION_FAILED', { fields });
}

// Of a number where a text belongs, nobody wants to read that it is too short.
const MOST_TELLING_FIRST = [
  'whitelistValidation',
  'isDefined',
  'isString',
  'isInt',
  'isNumber',
  'isBoolean',
  'isArray',
  'isObject',
  'nestedValidation',
];

function mostTelling(constraints: Record<string, string> = {}): string | undefined {
  const name = MOST_TELLING_FIRST.find((each) => each in constraints);
  return name ? constraints[name] : Object.values(constraints)[0];
}

const NO_NAME = '(no name)';

function fieldErrors(error: ValidationError, parent = ''): FieldError[] {
  const isName = isPlainName(error.property);
  const name = isName ? error.property : NO_NAME;
  const field = parent ? `${parent}.${name}` : name;
  const message = isName ? mostTelling(error.constraints) : `property ${NO_NAME} should not exist`;
  return [
    ...(message ? [{ field, message }] : []),
    ...(error.children ?? []).flatMap((child) => fieldErrors(child, field)),
  ];
}
