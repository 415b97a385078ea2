import { Transform, Type } from 'class-transformer';
import { IsArray, IsInt, Length, IsString, Max, Min, ValidateNested } from 'class-validator';
import { validationPipe } from './validation';

class LineDto {
  @Max(100)
  @Min(1)
  @IsInt()
  quantity: number;
}

class OrderDto {
  @IsString()
  @Length(1, 10)
  name: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => LineDto)
  lines: LineDto[];
}

describe('what is answered to a wrong body', () => {
  const errorsOf = async (body: unknown) => {
    const answer: unknown = await validationPipe()
      .transform(body, { type: 'body', metatype: OrderDto })
      .catch((error: unknown) => error);
    return (answer as { fields?: unknown }).fields;
  };

  it.each<[string, unknown, object[]]>([
    ['of another type', { name: 1, lines: [] }, [{ field: 'name', message: 'name must be a string' }]],
    ['missing', { lines: [] }, [{ field: 'name', message: 'name must be a string' }]],
    [
      'too long',
      { name: 'far too long a name', lines: [] },
      [{ field: 'name', message: 'name must be shorter than or equal to 10 characters' }],
    ],
    ['unknown', { name: 'a', lines: [], role: 'x' }, [{ field: 'role', message: 'property role should not exist' }]],
    [
      'called what is no name',
      { name: 'a', lines: [], "' OR 1=1; DROP TABLE users --": 1 },
      [{ field: '(no name)', message: 'property (no name) should not exist' }],
    ],
    [
      'wrong further down',
      { name: 'a', lines: [{ quantity: 1 }, { quantity: '2' }] },
      [{ field: 'lines.1.quantity', message: 'quantity must be an integer number' }],
    ],
  ])('when a field is %s, then it is named once, with what is most wrong about it', async (_what, body, errors) => {
    expect(await errorsOf(body)).toEqual(errors);
  });

  it('when all is well, then it is let through as it came', async () => {
    expect(await errorsOf({ name: 'a', lines: [{ quantity: 1 }] })).toBeUndefined();
  });
});

describe('a query', () => {
  class PageDto {
    @Transform(({ value }) => Number(value))
    @Max(100)
    limit: number;

    next(): number {
      return this.limit + 1;
    }
  }
  const pipe = validationPipe();
  const checked = (query: object) => pipe.transform(query, { type: 'query', metatype: PageDto }) as Promise<PageDto>;

  it('when it comes again, then it has the same meaning, and another one its own', async () => {
    for (const limit of ['7', '7', '8', '7'])
      expect(await checked({ limit })).toEqual(Object.assign(new PageDto(), { limit: Number(limit) }));
  });

  it.each(['toString', 'constructor', '__proto__', 'next'])(
    'when it has %s, which every object or the class has, then it is refused like any unknown one',
    async (name) => {
      const query = JSON.parse(`{"limit":"7","${name}":"1"}`) as object;
      await expect(checked(query)).rejects.toMatchObject({ fields: [{ field: name }] });
    },
  );

  it('when a minute has passed, then what was asked is not kept any longer', async () => {
    jest.useFakeTimers();
    const forgetful = validationPipe();
    const ask = () => forgetful.transform({ limit: '7' }, { type: 'query', metatype: PageDto }) as Promise<PageDto>;
    const first = await ask();
    expect(await ask()).toBe(first);
    jest.advanceTimersByTime(60_000);
    jest.useRealTimers();
    expect(await ask()).not.toBe(first);
  });

  it('when it is wrong, then it is refused every time', async () => {
    for (let time = 0; time < 2; time++) await expect(checked({ limit: '101' })).rejects.toThrow();
  });

  it('when a handler would change it, then that fails, for the next request has the same one', async () => {
    const query = await checked({ limit: '9' });
    expect(() => (query.limit = 10)).toThrow(TypeError);
  });
});
