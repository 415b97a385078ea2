import { askedTerms, normalise, searchTerms } from './search-terms';

const product = { name: 'Café-Crème Mug', tags: ['Kitchen ware'], category: 'Home', sku: 'MUG-0042' };
const finds = (search: string) => askedTerms(search).every((term) => searchTerms(product).includes(term));

describe('search terms', () => {
  test.each(['caf', 'CAFE', 'creme mug', 'kit', 'ware', 'home', 'mug-0042', 'MUG-00', '  mug  ', 'm h k'])(
    'when %j is searched, then the product is found',
    (search) => expect(finds(search)).toBe(true),
  );

  test.each(['afe', 'mugs', 'café tea', '0043'])('when %j is searched, then the product is not found', (search) =>
    expect(finds(search)).toBe(false),
  );

  test('when a word is very long, then its first 24 letters count', () => {
    const long = 'x'.repeat(200);
    expect(searchTerms({ ...product, name: long }).every((term) => term.length <= 24)).toBe(true);
    expect(askedTerms(long)).toEqual(['x'.repeat(24)]);
  });

  test('when many words are asked, then no more than ten count', () => {
    expect(askedTerms('a b c d e f g h i j k l')).toHaveLength(10);
  });

  test('when the search has no letter, then there is no term', () => {
    expect(askedTerms('$where ; * .*'.replace('where', ''))).toEqual([]);
  });

  test('when names differ in case and accents only, then their sort keys are equal', () => {
    expect(normalise(' Élan ')).toBe(normalise('ELAN'));
  });
});
