// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolutionException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The modules that the configuration chose, resolved in a layer above the running ones. Modules
 * that already run are used from there.
 */
final class PluginLayer {
  private final Optional<ModuleLayer> layer;

  private PluginLayer(Optional<ModuleLayer> layer) {
    this.layer = layer;
  }

  /** A module that cannot be resolved, and why. */
  record Unresolved(PluginSource source, String reason) {}

  /**
   * Resolves modules.
   *
   * @param parent the running layer
   * @param chosen modules to resolve, with the modules that they require
   * @param available all modules of plugin directories
   * @param nativeAccess names of modules that may load native libraries
   * @param unresolved receives the modules that could not be resolved; the others still are
   */
  static PluginLayer resolve(
      ModuleLayer parent,
      Collection<PluginSource> chosen,
      Collection<PluginSource> available,
      Collection<String> nativeAccess,
      List<Unresolved> unresolved) {
    ModuleFinder finder =
        ModuleFinder.of(
            available.stream().map(source -> Path.of(source.location())).toArray(Path[]::new));
    List<String> roots = new ArrayList<>();
    for (PluginSource source : chosen) {
      try {
        configuration(parent, finder, List.of(source.name()));
        roots.add(source.name());
      } catch (ResolutionException | FindException e) {
        unresolved.add(new Unresolved(source, e.getMessage()));
      }
    }
    if (roots.isEmpty()) {
      return new PluginLayer(Optional.empty());
    }
    ModuleLayer.Controller controller =
        ModuleLayer.defineModulesWithOneLoader(
            configuration(parent, finder, roots),
            List.of(parent),
            PluginLayer.class.getClassLoader());
    enableNativeAccess(controller, nativeAccess);
    return new PluginLayer(Optional.of(controller.layer()));
  }

  @SuppressWarnings("restricted") // the operator decides, in weft.native-access
  private static void enableNativeAccess(
      ModuleLayer.Controller controller, Collection<String> nativeAccess) {
    for (Module module : controller.layer().modules()) {
      if (nativeAccess.contains(module.getName())) {
        controller.enableNativeAccess(module);
      }
    }
  }

  private static Configuration configuration(
      ModuleLayer parent, ModuleFinder finder, Collection<String> roots) {
    // The plugin finder comes last: a second copy of a library in a plugin directory is not used.
    return parent.configuration().resolve(ModuleFinder.of(), finder, roots);
  }

  /** The module of that name, if it has been resolved. */
  Optional<Module> find(String name) {
    return layer.flatMap(modules -> modules.findModule(name));
  }
}
