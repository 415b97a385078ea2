import { Injectable } from '@nestjs/common';
import { AnswerCache } from './answer-cache';
import { countCacheRequest } from './count-cache-request';

/** What visitors and customers are shown of the catalogue. Admins see more and are never answered from here. */
@Injectable()
export class CatalogCache {
  readonly details = new AnswerCache({ counted: (outcome) => countCacheRequest({ cache: 'details', outcome }) });
  readonly lists = new AnswerCache({ counted: (outcome) => countCacheRequest({ cache: 'lists', outcome }) });

  /** After a write of this gateway, whether or not its answer was heard: readers here see it at once. */
  forget(productId: string): void {
    this.details.drop(productId);
    this.lists.clear();
  }

  /** Stock changes with every sale: lists leave that to their age, else a busy shop would have no cache. */
  forgetStock(productId: string): void {
    this.details.drop(productId);
  }
}
