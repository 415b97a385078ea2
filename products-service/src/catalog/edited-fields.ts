import { DomainError } from '@shop/service-kit';
import type { CreateProductDto } from './product.dto';
import type { ProductDocument } from './product.schema';
import { normalise, searchTerms } from './search-terms';

type Edited =
  'sku' | 'name' | 'description' | 'price' | 'currency' | 'category' | 'tags' | 'imageUrls' | 'nameKey' | 'terms';

/** What an admin sets, with what follows from it. @throws DomainError VALIDATION_FAILED for a foreign currency. */
export function editedFields(
  request: Omit<CreateProductDto, 'available'>,
  currency: string,
): Pick<ProductDocument, Edited> {
  const { sku, name, description, price, category, tags, imageUrls } = request;
  if (!price || price.currency !== currency) {
    const message = `this shop sells in ${currency}`;
    throw new DomainError('VALIDATION_FAILED', { fields: [{ field: 'price.currency', message }] });
  }
  const nameKey = normalise(name);
  const terms = searchTerms({ name, tags, category, sku });
  return { sku, name, description, price: price.amount, currency, category, tags, imageUrls, nameKey, terms };
}
