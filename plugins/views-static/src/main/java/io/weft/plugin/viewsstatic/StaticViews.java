// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.viewsstatic;

import io.weft.api.Epoch;
import io.weft.api.View;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;

/**
 * The one view of a cluster whose members are those of the config file, for as long as it runs.
 * Immutable.
 */
public final class StaticViews implements Views {
  private final View view;

  /** Takes the members from the settings of the node. */
  @Inject
  public StaticViews(NodeSettings settings) {
    this.view = new View(Epoch.FIRST, settings.members());
    assert view.contains(settings.nodeId()) : settings.nodeId() + " is not in " + view;
  }

  @Override
  public View current() {
    return view;
  }

  /** Nobody else decides on this node's membership, so nobody can have ended it. */
  @Override
  public boolean leaseHolds() {
    return true;
  }
}
