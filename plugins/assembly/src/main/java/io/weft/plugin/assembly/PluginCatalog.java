// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * The available plugins: of the running modules, in plugin directories, and on the class path.
 * Examining a jar reads its {@code reference.conf} and manifest, and runs none of its code.
 */
final class PluginCatalog {
  /** The resource that marks a jar as a plugin. */
  private static final String DEFAULTS = "reference.conf";

  /** Manifest attribute with one sentence about the plugin. */
  private static final String DESCRIPTION = "Weft-Description";

  private static final String MANIFEST = "META-INF/MANIFEST.MF";

  private final Problems problems;
  private final Map<String, PluginSource> modules = new LinkedHashMap<>();
  private final List<PluginSource> classPath = new ArrayList<>();
  private final Map<String, Map<String, Claim>> claims = new LinkedHashMap<>();

  /** A short name, its target, and the source that defines it. */
  record Claim(String target, ConfigValue value, PluginSource source) {}

  PluginCatalog(Problems problems) {
    this.problems = problems;
  }

  /** Adds the modules of a layer and its parents, and the class path. */
  void addRunning(Optional<ModuleLayer> layer) {
    layer.ifPresent(this::addLayer);
    addClassPath();
  }

  private void addLayer(ModuleLayer layer) {
    Configuration configuration = layer.configuration();
    for (ResolvedModule resolved : configuration.modules()) {
      ModuleReference reference = resolved.reference();
      if (reference.location().map(uri -> !uri.getScheme().equals("jrt")).orElse(false)) {
        String name = resolved.name();
        read(reference, layer.findModule(name)).ifPresent(source -> modules.put(name, source));
      }
    }
    layer.parents().forEach(this::addLayer);
  }

  private void addClassPath() {
    Set<String> known = new HashSet<>();
    modules.values().forEach(source -> known.add(source.location()));
    try {
      ClassLoader loader = PluginCatalog.class.getClassLoader();
      for (URL url : Collections.list(loader.getResources(DEFAULTS))) {
        String location = locationOf(url);
        if (known.add(location)) {
          try (InputStream in = url.openStream()) {
            Config defaults = parse(in, location);
            classPath.add(
                new PluginSource(
                    "", location, Optional.empty(), Optional.empty(), defaults, "", ""));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the class path cannot be read", e);
    }
  }

  private static String locationOf(URL url) {
    String text = url.toString();
    if (text.startsWith("jar:")) {
      text = text.substring("jar:".length(), text.indexOf("!/"));
    } else {
      text = text.substring(0, text.length() - DEFAULTS.length());
    }
    return text.startsWith("file:") ? Path.of(URI.create(text)).toString() : text;
  }

  /** Adds the jars and exploded modules of a directory. Running modules take precedence. */
  void addDirectory(Path directory, Place place) {
    try (Stream<Path> entries = Files.list(directory)) {
      entries.sorted().filter(PluginCatalog::mayBeModule).forEach(this::addEntry);
    } catch (IOException | UncheckedIOException e) {
      problems.add(
          AssemblyErrors.PLUGIN_UNREADABLE,
          place,
          directory.toString(),
          "the plugin directory "
              + directory.toAbsolutePath()
              + (Files.exists(directory) ? " cannot be read: " + e : " does not exist")
              + ".");
    }
  }

  private static boolean mayBeModule(Path entry) {
    return entry.toString().endsWith(".jar")
        || Files.isRegularFile(entry.resolve("module-info.class"));
  }

  private void addEntry(Path entry) {
    try {
      for (ModuleReference reference : ModuleFinder.of(entry).findAll()) {
        addModule(entry, reference);
      }
    } catch (FindException e) {
      unreadable(entry, e);
    }
  }

  private void addModule(Path entry, ModuleReference reference) {
    String name = reference.descriptor().name();
    PluginSource other = modules.get(name);
    if (other == null) {
      read(reference, Optional.empty()).ifPresent(source -> modules.put(name, source));
    } else if (other.reference().isPresent() && !other.location().equals(entry.toString())) {
      problems.add(
          AssemblyErrors.AMBIGUOUS_PLUGIN,
          new Place(entry.toString(), 0),
          name,
          "module " + name + " is also in " + other.location() + "; remove one of the two.");
    }
  }

  private void unreadable(Path entry, Exception e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    problems.add(
        AssemblyErrors.PLUGIN_UNREADABLE,
        new Place(entry.toString(), 0),
        entry.getFileName().toString(),
        "the jar is no readable module: " + cause.getMessage() + ".");
  }

  private Optional<PluginSource> read(ModuleReference reference, Optional<Module> running) {
    URI uri = reference.location().orElseThrow();
    Path location = Path.of(uri);
    try (ModuleReader reader = reference.open()) {
      Config defaults = ConfigFactory.empty();
      Optional<InputStream> in = reader.open(DEFAULTS);
      if (in.isPresent()) {
        try (InputStream stream = in.get()) {
          defaults = parse(stream, location.toString());
        }
      }
      return Optional.of(
          new PluginSource(
              reference.descriptor().name(),
              location.toString(),
              running.isPresent() ? Optional.empty() : Optional.of(reference),
              running,
              defaults,
              reference.descriptor().rawVersion().orElse(""),
              description(reader)));
    } catch (IOException e) {
      unreadable(location, e);
      return Optional.empty();
    }
  }

  private static String description(ModuleReader reader) throws IOException {
    Optional<InputStream> in = reader.open(MANIFEST);
    if (in.isEmpty()) {
      return "";
    }
    try (InputStream stream = in.get()) {
      String text = new Manifest(stream).getMainAttributes().getValue(DESCRIPTION);
      return text == null ? "" : text;
    }
  }

  private Config parse(InputStream in, String location) throws IOException {
    String name = location.substring(location.lastIndexOf('/') + 1) + "!/" + DEFAULTS;
    ConfigParseOptions options =
        ConfigParseOptions.defaults().setOriginDescription(name).setSyntax(ConfigSyntax.CONF);
    try (Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      Config config = ConfigFactory.parseReader(reader, options);
      return config.hasPath("weft") ? config.withOnlyPath("weft") : ConfigFactory.empty();
    } catch (ConfigException e) {
      Place place = e.origin() == null ? new Place(name, 0) : Place.of(e.origin());
      problems.add(AssemblyErrors.CONFIG_SYNTAX, place, name, e.getMessage());
      return ConfigFactory.empty();
    }
  }

  /** Collects the short names of all sources, and those that the configuration defines. */
  void collectClaims(Config user) {
    for (PluginSource source : sources()) {
      claim(source.defaults(), source);
    }
    PluginSource self =
        new PluginSource("", "the configuration", Optional.empty(), Optional.empty(), user, "", "");
    claim(user, self);
  }

  private void claim(Config config, PluginSource source) {
    if (!config.hasPath("weft.aliases")
        || config.getValue("weft.aliases").valueType() != ConfigValueType.OBJECT) {
      return;
    }
    config
        .getObject("weft.aliases")
        .forEach(
            (section, ids) -> {
              if (ids instanceof ConfigObject object && Slot.of(section).isPresent()) {
                object.forEach((id, target) -> claim(section, id, target, source));
              } else {
                problems.add(
                    AssemblyErrors.UNKNOWN_KEY,
                    ids.origin(),
                    "weft.aliases." + section,
                    "weft.aliases."
                        + section
                        + " is no section for short names; there are "
                        + String.join(", ", Slot.sections())
                        + "."
                        + Suggestions.question(section, Slot.sections()));
              }
            });
  }

  private void claim(String section, String id, ConfigValue target, PluginSource source) {
    String key = "weft.aliases." + section + "." + id;
    if (!(target.unwrapped() instanceof String text) || !text.matches("[^/]+/[^/]+")) {
      problems.add(
          AssemblyErrors.WRONG_TYPE,
          target.origin(),
          key,
          key + " = " + SettingsBinder.show(target) + " is not <module>/<class>.");
      return;
    }
    Claim claim = new Claim(text, target, source);
    Claim other =
        claims.computeIfAbsent(section, _ -> new LinkedHashMap<>()).putIfAbsent(id, claim);
    if (other != null && !other.target().equals(text)) {
      problems.add(
          AssemblyErrors.AMBIGUOUS_PLUGIN,
          target.origin(),
          key,
          key
              + " is claimed twice: "
              + text
              + " from "
              + source.location()
              + ", and "
              + other.target()
              + " from "
              + other.source().location()
              + ". Remove one of them, or rename it.");
    }
  }

  /** The short names of a section. */
  Map<String, Claim> claims(String section) {
    return Collections.unmodifiableMap(claims.getOrDefault(section, Map.of()));
  }

  /** The module of that name. */
  Optional<PluginSource> module(String name) {
    return Optional.ofNullable(modules.get(name));
  }

  /** The names of all modules that have a {@code reference.conf}. */
  List<String> pluginModules() {
    return modules.values().stream()
        .filter(source -> !source.defaults().isEmpty())
        .map(PluginSource::name)
        .sorted()
        .toList();
  }

  /** Whether plugins may also be on the class path. */
  boolean hasClassPath() {
    return !classPath.isEmpty();
  }

  /** All sources found. */
  List<PluginSource> sources() {
    List<PluginSource> all = new ArrayList<>(modules.values());
    all.addAll(classPath);
    return all;
  }

  /** All available plugins, by section and short name. */
  List<Plugin> plugins() {
    List<Plugin> plugins = new ArrayList<>();
    for (Slot slot : Slot.values()) {
      claims(slot.section()).entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(entry -> plugins.add(plugin(slot, entry.getKey(), entry.getValue())));
    }
    return plugins;
  }

  private Plugin plugin(Slot slot, String id, Claim claim) {
    String module = claim.target().substring(0, claim.target().indexOf('/'));
    PluginSource home = module(module).orElse(claim.source());
    return new Plugin(
        slot.section(),
        id,
        slot.spi().getSimpleName(),
        module,
        claim.target().substring(module.length() + 1),
        home.version(),
        home.location(),
        home.description());
  }
}
