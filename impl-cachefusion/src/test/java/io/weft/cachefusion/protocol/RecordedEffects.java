// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.protocol;

import io.weft.api.BlockId;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Keeps what a state machine asks for. */
final class RecordedEffects implements Effects {
  /** A message and its receiver, {@code -1} for everybody. */
  record Sent(int to, CacheFusionMessage message) {}

  /** A message about a move and its receiver, {@code -1} for all. */
  record SentMove(int to, MoveMessage message) {}

  final List<Sent> sent = new ArrayList<>();
  final List<SentMove> moves = new ArrayList<>();
  final List<CacheEntry> awaited = new ArrayList<>();
  final List<CacheEntry> reads = new ArrayList<>();
  final List<CacheEntry> writes = new ArrayList<>();
  final List<BlockId> touched = new ArrayList<>();
  final List<Long> pastsWritten = new ArrayList<>();
  final List<CacheEntry> pastsKept = new ArrayList<>();
  final List<BlockId> keptDropped = new ArrayList<>();
  final List<BlockId> looks = new ArrayList<>();
  long durableLsn;
  long nowNs;

  /** What has been asked for since the last call. */
  List<Sent> take() {
    List<Sent> taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }

  @Override
  public void send(int to, CacheFusionMessage message) {
    sent.add(new Sent(to, message));
  }

  @Override
  public void send(int to, MoveMessage message) {
    moves.add(new SentMove(to, message));
  }

  @Override
  public void requested(BlockId block, int from, boolean exclusive) {}

  @Override
  public void moved(int bucket, int master, int number) {}

  @Override
  public void broadcast(MoveMessage message) {
    moves.add(new SentMove(-1, message));
  }

  @Override
  public void ship(int to, CacheFusionMessage.Data message, int frame) {
    sent.add(new Sent(to, message));
  }

  @Override
  public void broadcast(CacheFusionMessage message) {
    sent.add(new Sent(-1, message));
  }

  @Override
  public void read(CacheEntry entry) {
    reads.add(entry);
  }

  @Override
  public void write(CacheEntry entry, MemorySegment copy, long version) {
    writes.add(entry);
  }

  @Override
  public void force(CacheEntry entry, long version) {
    throw new UnsupportedOperationException("no storage here");
  }

  @Override
  public void recoverAgain(BlockId block) {
    looks.add(block);
  }

  @Override
  public void touched(BlockId block, int waiting) {
    touched.add(block);
  }

  @Override
  public boolean writePast(int master, CacheEntry entry, long version) {
    pastsWritten.add(version);
    return true;
  }

  @Override
  public void savePast(CacheEntry entry, long version) {
    pastsKept.add(entry);
  }

  @Override
  public void dropSaved(BlockId block, long version) {
    keptDropped.add(block);
  }

  @Override
  public void whenDurable(long lsn, CacheEntry entry) {
    awaited.add(entry);
  }

  @Override
  public long durableLsn() {
    return durableLsn;
  }

  @Override
  public int master(CacheEntry entry) {
    return 0;
  }

  @Override
  public long nowNs() {
    return nowNs;
  }
}
