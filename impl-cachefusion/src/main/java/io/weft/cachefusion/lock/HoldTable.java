// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockName;
import java.util.ArrayList;
import java.util.List;

/**
 * The holds of one owner by lock name: a hash table with linear probing, because a map that
 * allocates an entry for each lock would be most of the cost of taking a lock. Not thread-safe.
 */
final class HoldTable {
  private static final int FIRST_SIZE = 8;

  /** Holds by the hash of their names; a power of two, at most half full. */
  private Hold[] slots = new Hold[FIRST_SIZE];

  private int size;

  Hold get(LockName name) {
    for (int i = slotOf(name); ; i = i + 1 & slots.length - 1) {
      Hold hold = slots[i];
      if (hold == null || hold.name.equals(name)) {
        return hold;
      }
    }
  }

  /** Adds a hold whose name is not in the table. */
  void add(Hold hold) {
    if (size * 2 >= slots.length) {
      grow();
    }
    place(hold);
    size++;
  }

  private void place(Hold hold) {
    int i = slotOf(hold.name);
    while (slots[i] != null) {
      i = i + 1 & slots.length - 1;
    }
    slots[i] = hold;
  }

  private void grow() {
    Hold[] old = slots;
    slots = new Hold[old.length * 2];
    for (Hold hold : old) {
      if (hold != null) {
        place(hold);
      }
    }
  }

  /** Removes a hold, and moves later ones of its run forward (Knuth, TAOCP 3, 6.4, algorithm R). */
  void remove(Hold hold) {
    int mask = slots.length - 1;
    int hole = slotOf(hold.name);
    while (slots[hole] != hold) {
      if (slots[hole] == null) {
        return;
      }
      hole = hole + 1 & mask;
    }
    size--;
    for (int i = hole + 1 & mask; slots[i] != null; i = i + 1 & mask) {
      int home = slotOf(slots[i].name);
      if ((i - home & mask) >= (i - hole & mask)) {
        slots[hole] = slots[i];
        hole = i;
      }
    }
    slots[hole] = null;
  }

  int size() {
    return size;
  }

  List<Hold> all() {
    List<Hold> all = new ArrayList<>(size);
    for (Hold hold : slots) {
      if (hold != null) {
        all.add(hold);
      }
    }
    return all;
  }

  private int slotOf(LockName name) {
    return name.hashCode() & slots.length - 1;
  }
}
