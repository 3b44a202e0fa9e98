// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import io.weft.recovery.replay.RecoveryRedoReader;
import io.weft.recovery.replay.SealedLogs;
import io.weft.spi.membership.Membership;
import io.weft.spi.plugin.WeftPlugin;
import io.weft.spi.redo.LogDevice;
import jakarta.inject.Singleton;

/** Binds {@link ClusterMembership}. */
@WeftPlugin(
    id = "cluster",
    provides = Membership.class,
    settings = MembershipSettings.class,
    section = "weft.membership")
public final class MembershipModule extends AbstractModule {
  /** For Guice. */
  public MembershipModule() {}

  /** Part of the heap that the index of failed nodes' logs may take: an eighth. */
  private static final int HEAP_SHARE = 8;

  @Override
  protected void configure() {
    bind(OwnNode.class);
    bind(SharedStorage.class);
    bind(BlockService.class);
    bind(ClusterMembership.class).in(Scopes.SINGLETON);
    bind(AgreementRules.class).toInstance(AgreementRules.STANDARD);
    bind(Membership.class).to(ClusterMembership.class);
  }

  @Provides
  @Singleton
  RecoveryRedoReader deadRedo(LogDevice device) {
    long heap = Runtime.getRuntime().maxMemory();
    return RecoveryRedoReader.of(new SealedLogs(device, heap / HEAP_SHARE));
  }
}
