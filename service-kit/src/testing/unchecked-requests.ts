import type { Type as Class } from '@nestjs/common';
import { protoFile } from '@shop/proto';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { type Field, loadSync, Type as Message } from 'protobufjs';
import { type ContractName, packageOf, serviceOf } from '../grpc-contracts';

/**
 * What a service would take unchecked: every call of its contract whose handler names no class for the request, and every
 * field without a rule, also of the messages inside. Where all is well, there is nothing.
 */
export function uncheckedRequests(contract: ContractName, ...controllers: Class[]): string[] {
  const service = loadSync(protoFile(contract))
    .resolveAll()
    .lookupService(`${packageOf(contract)}.${serviceOf(contract)}`);
  return service.methodsArray.flatMap(({ name, resolvedRequestType }) => {
    const method = name.charAt(0).toLowerCase() + name.slice(1);
    // What the ValidationPipe looks at. A class that was imported as a type only is lost here, and with it every rule.
    const types = controllers
      .map(({ prototype }) => Reflect.getMetadata('design:paramtypes', prototype as object, method) as unknown[])
      .find(Boolean);
    return uncheckedFields(resolvedRequestType as Message, types?.[0], name);
  });
}

function uncheckedFields(message: Message, checkedBy: unknown, path: string): string[] {
  if (typeof checkedBy !== 'function' || checkedBy === Object) return [`${path} has no class`];
  return message.fieldsArray.flatMap((field) => {
    const ofField = `${path}.${field.name}`;
    const { resolvedType } = field;
    if (!hasRule(checkedBy, field.name, resolvedType instanceof Message)) return [`${ofField} has no rule`];
    if (!(resolvedType instanceof Message)) return [];
    return uncheckedFields(resolvedType, classOfField(checkedBy as Class<object>, field), ofField);
  });
}

/** Whether a field may be absent or is known at all is no rule about what is in it. */
function hasRule(target: object, name: string, nested: boolean): boolean {
  const rule = nested ? ValidationTypes.NESTED_VALIDATION : ValidationTypes.CUSTOM_VALIDATION;
  const rules = getMetadataStorage().getTargetValidationMetadatas(target as Class, '', false, false);
  return rules.some(({ propertyName, type }) => propertyName === name && type === rule);
}

function classOfField(checkedBy: Class<object>, { name, repeated }: Field): unknown {
  const instance = plainToInstance(checkedBy, { [name]: repeated ? [{}] : {} }) as Record<string, object>;
  const value = instance[name];
  return (Array.isArray(value) ? (value[0] as object) : value)?.constructor;
}
