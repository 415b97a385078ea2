import { currentUser, DomainError, type EndUser } from '@shop/service-kit';

/**
 * The signed-in user, who may see and change the account `id`: their own, or as an admin any.
 * @throws DomainError NOT_FOUND for others, whether or not there is such an account.
 */
export function requireSelfOrAdmin(id: string): EndUser {
  const user = currentUser();
  if (user.id !== id && user.role !== 'admin') throw new DomainError('NOT_FOUND', { concealed: `user:${id}` });
  return user;
}
