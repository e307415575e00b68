/** Small programs of our own, one a language, as material for changes: each has guards, loops, errors and calls. */
export const SNIPPETS: readonly (readonly [path: string, text: string])[] = [
  [
    "billing/invoice.py",
    `from decimal import Decimal

class InvoiceError(Exception):
    pass

def load_rows(path, limit=100):
    rows = []
    try:
        with open(path) as handle:
            for index, line in enumerate(handle):
                if index >= limit:
                    break
                if not line.strip() or line.startswith("#"):
                    continue
                rows.append(parse_row(line))
    except OSError as error:
        raise InvoiceError("cannot read " + path) from error
    return rows

def total(rows, discount):
    if discount < 0 or discount > 1:
        raise InvoiceError("discount out of range")
    amount = Decimal(0)
    for row in rows:
        if row.quantity <= 0:
            continue
        amount += row.price * row.quantity
    return amount * (1 - discount)

def find_customer(connection, name):
    cursor = connection.execute("select id from customers where name = ?", (name,))
    row = cursor.fetchone()
    if row is None:
        return None
    return row[0]

def backoff(attempt, base=0.5, most=30):
    delay = min(base * 2 ** attempt, most)
    return delay if attempt > 0 else 0
`,
  ],
  [
    "server/session.go",
    `package server

import (
	"errors"
	"time"
)

func (s *Store) Touch(id string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, ok := s.entries[id]
	if !ok {
		return errors.New("no such session")
	}
	if now.Sub(entry.Seen) > s.ttl {
		delete(s.entries, id)
		return ErrExpired
	}
	entry.Seen = now
	return nil
}

func (s *Store) Page(offset, size int) ([]Entry, error) {
	if offset < 0 || size <= 0 {
		return nil, errors.New("bad page")
	}
	end := offset + size
	if end > len(s.order) {
		end = len(s.order)
	}
	rows, err := s.read(offset, end)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(rows); i++ {
		if rows[i].Hidden && !s.showAll {
			rows[i] = Entry{}
		}
	}
	return rows, nil
}
`,
  ],
  [
    "src/ring.rs",
    `use std::collections::VecDeque;

pub struct Ring<T> {
    items: VecDeque<T>,
    capacity: usize,
}

impl<T: Clone> Ring<T> {
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "capacity must be positive");
        Ring { items: VecDeque::with_capacity(capacity), capacity }
    }

    pub fn push(&mut self, item: T) -> Option<T> {
        let mut dropped = None;
        if self.items.len() >= self.capacity {
            dropped = self.items.pop_front();
        }
        self.items.push_back(item);
        dropped
    }

    pub fn range(&self, start: usize, end: usize) -> Result<Vec<T>, String> {
        if start > end || end > self.items.len() {
            return Err(format!("bad range {}..{}", start, end));
        }
        let mut found = Vec::new();
        for index in start..end {
            let item = self.items.get(index).ok_or("gone")?;
            found.push(item.clone());
        }
        Ok(found)
    }
}
`,
  ],
  [
    "src/main/java/shop/Cart.java",
    `package shop;

import java.util.ArrayList;
import java.util.List;

public class Cart {
    private final List<Item> items = new ArrayList<>();
    private final int maxItems;

    public Cart(int maxItems) {
        if (maxItems < 1) {
            throw new IllegalArgumentException("maxItems");
        }
        this.maxItems = maxItems;
    }

    public synchronized boolean add(Item item) {
        if (item == null || items.size() >= maxItems) {
            return false;
        }
        items.add(item);
        return true;
    }

    public long total(double rate) {
        long sum = 0;
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            if (item.isFree() && !item.isGift()) {
                continue;
            }
            sum += item.price() * item.count();
        }
        try {
            return Math.round(sum * rate);
        } catch (ArithmeticException error) {
            log.warn("overflow", error);
            return Long.MAX_VALUE;
        }
    }
}
`,
  ],
  [
    "web/upload.ts",
    `import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

export interface Upload {
  readonly name: string;
  readonly size: number;
}

const MAX_BYTES = 5_000_000;

export async function accept(user: User | null, upload: Upload): Promise<string> {
  if (user === null || !user.canUpload) {
    throw new Error("not allowed");
  }
  if (upload.size > MAX_BYTES || upload.name.includes("..")) {
    throw new Error("bad upload");
  }
  const bytes = await readFile(upload.name);
  const digest = createHash("sha256").update(bytes).digest("hex");
  try {
    await store.put(digest, bytes);
  } catch (error) {
    log.error("upload failed", error);
    throw error;
  }
  return digest;
}

export function paginate<T>(items: readonly T[], page: number, size = 20): readonly T[] {
  if (page < 1) return [];
  const start = (page - 1) * size;
  const end = Math.min(start + size, items.length);
  const shown: T[] = [];
  for (let index = start; index < end; index += 1) {
    const item = items[index];
    if (item !== undefined) shown.push(item);
  }
  return shown;
}
`,
  ],
  [
    "lib/queue.c",
    `#include <stdlib.h>
#include "queue.h"

int queue_push(struct queue *q, const char *text, size_t length) {
    if (q == NULL || text == NULL)
        return -1;
    if (q->count >= q->capacity)
        return -2;
    char *copy = malloc(length + 1);
    if (copy == NULL)
        return -3;
    memcpy(copy, text, length);
    copy[length] = '\\0';
    q->items[(q->head + q->count) % q->capacity] = copy;
    q->count++;
    return 0;
}

void queue_clear(struct queue *q) {
    for (size_t i = 0; i < q->count; i++) {
        free(q->items[i]);
        q->items[i] = NULL;
    }
    q->count = 0;
}
`,
  ],
  [
    "app/models/account.rb",
    `require "digest"

class Account
  LIMIT = 5

  def withdraw(amount)
    raise ArgumentError, "amount" if amount <= 0
    return false unless active? && balance >= amount
    self.balance -= amount
    save!
  rescue StorageError => error
    logger.error(error.message)
    false
  end

  def locked?
    failures > LIMIT || closed
  end
end
`,
  ],
];
