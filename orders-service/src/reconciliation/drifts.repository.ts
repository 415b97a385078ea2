import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Drift, DRIFT_KINDS, type DriftKind, idsOf, subjectOf } from './drift';
import type { Findings } from './reconcile';

interface Standing {
  readonly counts: Readonly<Record<DriftKind, number>>;
  /** When everything was last looked at to the end; undefined before the first time. */
  readonly endedAt?: Date;
}

/** What is known to drift. All replicas show the same, whichever of them has looked. */
@Injectable()
export class DriftsRepository {
  constructor(private readonly database: DataSource) {}

  /** The next round, for this process alone, when it is due. */
  async takeRound(everyMs: number): Promise<{ since: Date; watched: string[] } | undefined> {
    const [rows] = await this.database.query<[{ since: Date }[], number]>(
      `UPDATE reconciliation SET next_at = now() + $1::bigint * interval '0.9 milliseconds'
       WHERE next_at <= now() RETURNING looked_until AS since`,
      [everyMs],
    );
    if (!rows[0]) return undefined;
    const known = await this.database.query<{ subject: string }[]>(`SELECT DISTINCT subject FROM drifts`);
    return {
      since: rows[0].since,
      watched: idsOf(
        known.map(({ subject }) => subject),
        'order',
      ),
    };
  }

  /** Writes down what was found, and forgets what was looked at again and is no more. Answers what is new. */
  async keep({ drifts, orders, payments, until }: Findings, isComplete: boolean): Promise<Drift[]> {
    return this.database.transaction(async (transaction) => {
      const rows = JSON.stringify(drifts.map((drift) => ({ ...drift, subject: subjectOf(drift) })));
      await transaction.query(
        `DELETE FROM drifts d WHERE ($2 OR (d.subject LIKE 'product:%' AND d.kind <> 'sold-differs') OR d.subject = ANY($3::text[]))
           AND NOT EXISTS (SELECT 1 FROM jsonb_to_recordset($1::jsonb) AS f (subject text, kind text)
                           WHERE f.subject = d.subject AND f.kind = d.kind)`,
        [rows, isComplete, [...subjects(orders, 'order'), ...subjects(payments, 'payment')]],
      );
      const added = await transaction.query<{ subject: string; kind: string }[]>(
        `INSERT INTO drifts (subject, kind, detail)
         SELECT DISTINCT ON (subject, kind) subject, kind, detail
         FROM jsonb_to_recordset($1::jsonb) AS f (subject text, kind text, detail text)
         ON CONFLICT (subject, kind) DO NOTHING RETURNING subject, kind`,
        [rows],
      );
      await transaction.query('UPDATE reconciliation SET looked_until = greatest(looked_until, $1), ended_at = now()', [
        until,
      ]);
      const isNew = new Set(added.map(({ subject, kind }) => `${subject} ${kind}`));
      return drifts.filter((drift) => isNew.has(`${subjectOf(drift)} ${drift.kind}`));
    });
  }

  async standing(): Promise<Standing> {
    const rows = await this.database.query<{ kind: DriftKind; count: string }[]>(
      'SELECT kind, count(*) FROM drifts GROUP BY kind',
    );
    const [{ endedAt }] = await this.database.query<[{ endedAt: Date | null }]>(
      'SELECT ended_at AS "endedAt" FROM reconciliation',
    );
    const none = Object.fromEntries(Object.keys(DRIFT_KINDS).map((kind) => [kind, 0])) as Record<DriftKind, number>;
    const counts = { ...none, ...Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)])) };
    return { counts, endedAt: endedAt ?? undefined };
  }
}

function subjects(ids: ReadonlySet<string>, of: Drift['of']): string[] {
  return [...ids].map((id) => subjectOf({ of, id }));
}
