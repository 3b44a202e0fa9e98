// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.shard;

import io.weft.api.BlockId;
import io.weft.api.CoreErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.frame.FramePool;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.protocol.CacheEntry;
import io.weft.cachefusion.protocol.CacheFusionMessage;
import io.weft.cachefusion.protocol.Effects;
import io.weft.cachefusion.protocol.MoveMessage;
import io.weft.cachefusion.protocol.ShardCache;
import io.weft.cachefusion.storage.BlockStorage;
import io.weft.cachefusion.storage.WriteAttempt;
import io.weft.spi.runtime.NodeRuntime;
import io.weft.spi.store.BlockStore;
import io.weft.spi.transport.Payload;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Carries out the messages and I/O that a shard's state machines request, and returns the answers
 * as events of the shard. Called on the shard's executor; answers arrive on any thread.
 */
final class ShardEffects implements Effects {
  /** The logger of the whole cache. */
  private static final System.Logger LOG = System.getLogger("io.weft.cache");

  private final NodeServices node;
  private final NodeRuntime runtime;
  private final FramePool frames;
  private final Devices devices;
  private final BlockStorage storage;
  private final ShardExecutor executor;
  private final ShardView view;
  private final OutsideWrites outsideWrites;
  private final RequestCount requests;

  // Set once, before the first event, because the machines are created with these effects.
  private ShardCache cache;
  private Recoverer recoverer;
  private Inbox inbox;

  ShardEffects(
      NodeServices node,
      FramePool frames,
      Devices devices,
      ShardExecutor executor,
      ShardView view,
      OutsideWrites outsideWrites,
      RequestCount requests) {
    this.node = node;
    this.runtime = node.runtime();
    this.frames = frames;
    this.devices = devices;
    this.storage = devices.storage();
    this.executor = executor;
    this.view = view;
    this.outsideWrites = outsideWrites;
    this.requests = requests;
  }

  /** Receives the messages that this node sends to itself. */
  interface Inbox {
    void receive(int from, long sent, CacheFusionMessage message);
  }

  /** Sets the receivers of the answers; called before the first event. */
  void answerTo(ShardCache machines, Recoverer recovery, Inbox messages) {
    cache = machines;
    recoverer = recovery;
    inbox = messages;
  }

  // ---- messages ------------------------------------------------------------------------------

  @Override
  public void send(int to, CacheFusionMessage message) {
    if (to == node.self()) {
      inbox.receive(to, view.epoch(), message);
    } else {
      devices.interconnect().send(to, view.epoch(), message, Payload.NONE);
    }
  }

  @Override
  public void requested(BlockId block, int from, boolean exclusive) {
    requests.requested(block, from, exclusive);
  }

  @Override
  public void send(int to, MoveMessage message) {
    devices.interconnect().send(to, view.epoch(), message);
  }

  @Override
  public void moved(int bucket, int master, int number) {
    devices.follower().onMoved(view.epoch(), bucket, master, number);
  }

  @Override
  public void broadcast(MoveMessage message) {
    devices.interconnect().broadcast(view.epoch(), message);
  }

  @Override
  public void ship(int to, CacheFusionMessage.Data message, int frame) {
    if (to == node.self()) {
      throw new WeftException(CoreErrors.INVARIANT_BROKEN, message + " to the node that ships it");
    }
    frames.ship(frame);
    devices.interconnect().send(to, view.epoch(), message, new ShippedFrame(frame));
  }

  @Override
  public void broadcast(CacheFusionMessage message) {
    devices.interconnect().broadcast(view.epoch(), message);
  }

  private final class ShippedFrame implements Payload {
    private final int frame;

    ShippedFrame(int frame) {
      this.frame = frame;
    }

    @Override
    public MemorySegment segment() {
      return frames.content(frame);
    }

    @Override
    public void released() {
      executor.execute(() -> cache.onShipped(frame));
    }
  }

  // ---- recovery ------------------------------------------------------------------------------

  @Override
  public void touched(BlockId block, int waiting) {
    recoverer.touched(block, waiting);
  }

  @Override
  public void recoverAgain(BlockId block) {
    recoverer.recoverAgain(block);
  }

  // ---- disk ----------------------------------------------------------------------------------

  @Override
  public void read(CacheEntry entry) {
    storage.read(entry.block(), frames.physical(entry.requestedFrame()), new DiskRead(entry));
  }

  private final class DiskRead implements BlockStore.ReadCompletion {
    private final CacheEntry entry;

    DiskRead(CacheEntry entry) {
      this.entry = entry;
    }

    @Override
    public void onRead(long version) {
      executor.execute(() -> cache.requester().onRead(entry, version));
    }

    @Override
    public void onReadFailed(WeftException reason) {
      executor.execute(() -> cache.requester().onReadFailed(entry, reason));
    }
  }

  @Override
  public void write(CacheEntry entry, MemorySegment copy, long version) {
    if (storage.mayWrite()) {
      storage.write(
          entry.block(), version, view.epoch(), copy, new DiskWrite(entry, copy, version));
    }
  }

  private final class DiskWrite implements WriteAttempt {
    private final CacheEntry entry;
    private final MemorySegment copy;
    private final long version;

    DiskWrite(CacheEntry entry, MemorySegment copy, long version) {
      this.entry = entry;
      this.copy = copy;
      this.version = version;
    }

    @Override
    public void onWritten() {
      executor.execute(() -> cache.writeBack().onLanded(entry, copy, version));
    }

    @Override
    public void onNoSpace(long delayNs) {
      executor.execute(
          () -> {
            cache.writeBack().onNoSpace(entry, copy);
            later(delayNs, () -> cache.writeBack().onMaybeSpace(entry));
          });
    }

    @Override
    public void onWriteFailed(WeftException reason) {
      node.run().onFailure(reason);
    }
  }

  @Override
  public void force(CacheEntry entry, long version) {
    storage.afterNextForce(
        () -> executor.execute(() -> cache.writeBack().onStable(entry, version)));
  }

  /** Submits an event after a delay, from a thread that must not drain other shards. */
  private void later(long delayNs, Runnable event) {
    runtime.schedule(delayNs, () -> executor.executeElsewhere(event));
  }

  // ---- past images ---------------------------------------------------------------------------

  @Override
  public boolean writePast(int master, CacheEntry entry, long version) {
    if (!storage.mayWrite()) {
      return false;
    }
    MemorySegment copy = storage.takeBuffer();
    copy.copyFrom(frames.physical(entry.pastImage()));
    long begun = view.epoch();
    outsideWrites.write(
        entry.block(),
        version,
        copy,
        () -> onPastLanded(master, entry, version, copy, begun),
        delayNs -> {
          storage.giveBuffer(copy);
          cache.keeper().onPastWriteEnded(entry);
          later(delayNs, () -> againPast(master, entry, version, begun));
        });
    return true;
  }

  /**
   * Tries again to write a past image that found no space: handles its master's request again,
   * unless a new view has been installed.
   */
  private void againPast(int master, CacheEntry entry, long version, long begun) {
    if (begun == view.epoch()) {
      cache
          .keeper()
          .recvWritePast(master, new CacheFusionMessage.WritePast(entry.block(), version));
    }
  }

  private void onPastLanded(
      int master, CacheEntry entry, long version, MemorySegment copy, long begun) {
    storage.giveBuffer(copy);
    cache.keeper().onPastWriteEnded(entry);
    storage.afterNextForce(
        () ->
            executor.execute(
                () -> {
                  if (begun == view.epoch()) {
                    cache.keeper().onPastWritten(master, entry, version);
                  }
                }));
  }

  @Override
  public void savePast(CacheEntry entry, long version) {
    MemorySegment copy = storage.takeBuffer();
    copy.copyFrom(frames.physical(entry.pastImage()));
    storage.onBlockingLane(() -> savePast(entry, version, copy));
  }

  /** Off the shard's executor. */
  private void savePast(CacheEntry entry, long version, MemorySegment copy) {
    BlockId block = entry.block();
    try {
      Optional<String> place = storage.saveImage(block, version, copy);
      if (place.isEmpty()) {
        savePastLater(entry, version, "the storage cannot save images");
        return;
      }
      storage.savingSetback().overcome();
      LOG.log(
          Level.WARNING,
          "block {0} is quarantined, and this node has its past image, version {1}: it is saved in"
              + " {2}; no redo is retained for it any more; restore the block, or see \"weft block"
              + " forget\"",
          block,
          version,
          place.get());
      executor.execute(() -> cache.keeper().onPastSaved(entry, version));
    } catch (WeftException e) {
      savePastLater(entry, version, e.toString());
    } finally {
      storage.giveBuffer(copy);
    }
  }

  private void savePastLater(CacheEntry entry, long version, String why) {
    long delayNs =
        storage
            .savingSetback()
            .met(
                () ->
                    "block "
                        + entry.block()
                        + " is quarantined, and its past image, version "
                        + version
                        + ", cannot be saved: checkpoints wait, redo is"
                        + " retained; restore the block, or see \"weft block forget\": "
                        + why);
    executor.execute(() -> cache.keeper().onPastNotSaved(entry, delayNs));
  }

  @Override
  public void dropSaved(BlockId block, long version) {
    storage.onBlockingLane(() -> storage.dropSavedImages(block, version));
  }

  // ---- redo, masters and time ----------------------------------------------------------------

  @Override
  public void whenDurable(long lsn, CacheEntry entry) {
    devices.redo().whenDurable(lsn, () -> executor.execute(() -> cache.onDurable(entry)));
  }

  @Override
  public long durableLsn() {
    return devices.redo().durableLsn();
  }

  @Override
  public int master(CacheEntry entry) {
    return view.masterOf(entry.block());
  }

  @Override
  public long nowNs() {
    return runtime.nanoTime();
  }
}
