// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.google.inject.Module;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.plugin.ConfiguredPath;
import io.weft.spi.plugin.DependentSettings;
import io.weft.spi.plugin.WeftPlugin;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes one {@link Plan}: reads the configuration, finds, chooses and loads plugins, binds
 * settings, and looks for unknown keys. After a failure for one plugin a step continues with the
 * others, so that all problems are found. Used once, by one thread.
 *
 * <p>Long because the steps share their results so far, and the list of problems.
 */
final class Planner {
  private static final String ROOT = "weft";

  private final Assembly assembly;
  private final Problems problems = new Problems();
  private final PluginCatalog catalog = new PluginCatalog(problems);
  private final Config own = ownDefaults();
  private final List<Caution> cautions = new ArrayList<>();
  private final List<Choice> choices = new ArrayList<>();
  private final List<Filled> filled = new ArrayList<>();
  private final Map<Filled, String> sections = new LinkedHashMap<>();
  private final Shape.Section known = new Shape.Section();

  Planner(Assembly assembly) {
    this.assembly = assembly;
  }

  /** The choice of the configuration for a slot. */
  private record Chosen(
      Slot slot,
      ConfigValue value,
      String module,
      String className,
      Optional<PluginSource> source) {
    String key() {
      return slot.key() + " = " + SettingsBinder.show(value);
    }
  }

  /** A chosen class that has passed all checks. */
  private record Loaded(Chosen chosen, WeftPlugin plugin, Module module) {
    String section() {
      return plugin.section().isEmpty()
          ? ROOT + "." + chosen.slot().section() + "." + plugin.id()
          : plugin.section();
    }
  }

  Plan plan() {
    Optional<Config> read = assembly.config().or(this::parse);
    Config written = read.orElse(ConfigFactory.empty());
    findPlugins(written);
    checkDefaults();
    Optional<ResolvedConfig> first = read.flatMap(text -> resolve(text, List.of()));
    catalog.collectClaims(first.map(ResolvedConfig::user).orElse(ConfigFactory.empty()));
    if (first.isEmpty()) {
      return plan(
          List.of(), Optional.empty()); // Later steps would report keys that may be present.
    }
    List<Chosen> chosen = choose(first.get().all());
    ResolvedConfig resolved = resolve(written, chosen).orElseThrow();
    Config all = resolved.all();
    Config user = resolved.user();
    SettingsBinder binder = new SettingsBinder(user, resolved.defaults(), problems);

    ConfigObject root = objectAt(all, ROOT);
    Optional<CoreSettings> core = binder.bind(CoreSettings.class, root, ROOT);
    List<Setting> settings = new ArrayList<>();
    list(CoreSettings.class, all, user, ROOT, settings);
    knowDefaults();
    for (Loaded loaded : load(chosen, nativeAccess(all))) {
      fill(loaded, all, user, binder);
    }
    if (user.hasPath(ROOT)) {
      Shape.check(user.getValue(ROOT), known.keys().get(ROOT), ROOT, problems);
    }
    checkTogether(all);
    core.ifPresent(this::checkWeights);
    if (assembly.file().isPresent()) {
      checkRoots(written, user);
      checkSystemProperties();
    }
    return plan(settings, core);
  }

  private Plan plan(List<Setting> settings, Optional<CoreSettings> core) {
    // In the order of the text, file by file, as an operator corrects them.
    List<String> files = problems.list().stream().map(p -> p.place().file()).distinct().toList();
    List<Problem> sorted = new ArrayList<>(problems.list());
    sorted.sort(
        Comparator.comparingInt((Problem problem) -> files.indexOf(problem.place().file()))
            .thenComparingInt(problem -> problem.place().line()));
    return new Plan(sorted, cautions, catalog.plugins(), choices, settings, core, filled);
  }

  // ---- reading

  private static Config ownDefaults() {
    ConfigParseOptions options =
        ConfigParseOptions.defaults()
            .setOriginDescription("reference.conf")
            .setSyntax(ConfigSyntax.CONF);
    try (InputStream in = Planner.class.getResourceAsStream("reference.conf");
        Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return ConfigFactory.parseReader(reader, options);
    } catch (IOException e) {
      throw new UncheckedIOException("the defaults of the assembly cannot be read", e);
    }
  }

  private Optional<Config> parse() {
    Path file = assembly.file().orElseThrow();
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      problems.add(
          AssemblyErrors.CONFIG_UNREADABLE,
          new Place(file.toString(), 0),
          file.toString(),
          "the configuration file "
              + file.toAbsolutePath()
              + (!Files.exists(file)
                  ? " does not exist."
                  : Files.isDirectory(file)
                      ? " is a directory; name the file."
                      : " cannot be read; change its rights."));
      return Optional.empty();
    }
    ConfigParseOptions options =
        ConfigParseOptions.defaults()
            .setSyntax(ConfigSyntax.CONF)
            .setAllowMissing(false)
            .setOriginDescription(file.toString())
            .setIncluder(new StrictIncluder((what, e) -> notIncluded(file, what, e)));
    try {
      // Absolute: a relative name has no parent directory in which included files are found.
      return Optional.of(ConfigFactory.parseFile(file.toAbsolutePath().toFile(), options));
    } catch (ConfigException e) {
      syntax(e, file.toString());
      return Optional.empty();
    }
  }

  private void notIncluded(Path file, String what, ConfigException e) {
    problems.add(
        AssemblyErrors.CONFIG_UNREADABLE,
        new Place(file.toString(), lineOf(file, what)),
        what,
        "include \""
            + what
            + "\" names no readable file ("
            + e.getMessage()
            + "); correct the name, which is relative to the including file, or take the line"
            + " out.");
  }

  /** The line of an include; 0 if it is in an included file. */
  private static int lineOf(Path file, String included) {
    try {
      List<String> lines = Files.readAllLines(file);
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).strip().startsWith("include") && lines.get(i).contains(included)) {
          return i + 1;
        }
      }
    } catch (IOException e) {
      // The name of the include is sufficient.
    }
    return 0;
  }

  private void syntax(ConfigException e, String name) {
    Place place = e.origin() == null ? new Place(name, 0) : Place.of(e.origin());
    String message = String.valueOf(e.getMessage());
    String prefix = e.origin() == null ? "" : e.origin().description() + ": ";
    problems.add(
        AssemblyErrors.CONFIG_SYNTAX,
        place,
        name,
        message.startsWith(prefix) ? message.substring(prefix.length()) : message);
  }

  private Optional<ResolvedConfig> resolve(Config written, List<Chosen> chosen) {
    try {
      return Optional.of(ResolvedConfig.of(written, defaults(chosen)));
    } catch (ConfigException e) {
      syntax(e, assembly.file().map(Path::toString).orElse("the configuration"));
      return Optional.empty();
    }
  }

  /** All defaults; those of the chosen plugins win over those of others. */
  private Config defaults(List<Chosen> chosen) {
    Set<PluginSource> sources = new LinkedHashSet<>();
    chosen.forEach(one -> one.source().ifPresent(sources::add));
    sources.addAll(catalog.sources());
    Config defaults = own;
    for (PluginSource source : sources) {
      defaults = defaults.withFallback(source.defaults());
    }
    return defaults;
  }

  // ---- finding and choosing plugins

  private void findPlugins(Config written) {
    ModuleLayer running = Planner.class.getModule().getLayer();
    catalog.addRunning(Optional.ofNullable(running));
    for (Path directory : assembly.directories()) {
      catalog.addDirectory(directory, new Place(directory.toString(), 0));
    }
    for (ConfigValue directory : strings(written, "weft.plugin-path")) {
      Place place = Place.of(directory.origin());
      try {
        String text = String.valueOf(directory.unwrapped());
        catalog.addDirectory(ConfiguredPath.of("weft.plugin-path", text), place);
      } catch (IllegalArgumentException e) {
        problems.add(AssemblyErrors.OUT_OF_RANGE, place, "weft.plugin-path", e.getMessage() + ".");
      }
    }
  }

  /** The texts of a list, which may be wrong or unresolved; the binder reports that later. */
  private List<ConfigValue> strings(Config written, String path) {
    try {
      Config early =
          written
              .withFallback(own)
              .resolve(ConfigResolveOptions.defaults().setAllowUnresolved(true));
      return early.getValue(path) instanceof ConfigList list
          ? list.stream().filter(v -> v.valueType() == ConfigValueType.STRING).toList()
          : List.of();
    } catch (ConfigException e) {
      return List.of();
    }
  }

  private List<String> nativeAccess(Config all) {
    return strings(all, "weft.native-access").stream().map(v -> v.unwrapped().toString()).toList();
  }

  /** A plugin's defaults may set only keys of the plugin (rule AS-1). */
  private void checkDefaults() {
    Set<String> core = Shape.ofRecord(CoreSettings.class).keys().keySet();
    for (PluginSource source : catalog.sources()) {
      objectAt(source.defaults(), ROOT)
          .forEach(
              (key, value) -> {
                if (core.contains(key)) {
                  overreach(source, ROOT + "." + key, value);
                } else if (Slot.of(key).isPresent()
                    && value instanceof ConfigObject section
                    && section.containsKey("plugin")) {
                  overreach(source, ROOT + "." + key + ".plugin", section.get("plugin"));
                }
              });
    }
  }

  private void overreach(PluginSource source, String key, ConfigValue value) {
    problems.add(
        AssemblyErrors.NOT_A_PLUGIN,
        value.origin(),
        key,
        source.location() + " sets " + key + ", which a plugin's defaults must not do.");
  }

  private List<Chosen> choose(Config all) {
    List<Chosen> chosen = new ArrayList<>();
    for (Slot slot : Slot.values()) {
      ConfigValue section = objectAt(all, ROOT).get(slot.section());
      if (!(section instanceof ConfigObject keys)) {
        continue; // Reported with the unknown keys.
      }
      if (slot.isOptional() && !keys.containsKey("plugin")) {
        continue;
      }
      ConfigValue value = keys.getOrDefault("plugin", section);
      if (value.valueType() != ConfigValueType.STRING) {
        problem(
            AssemblyErrors.UNKNOWN_PLUGIN,
            value,
            slot,
            slot.key() + " is not the name of a plugin." + available(slot));
      } else {
        target(slot, value).ifPresent(chosen::add);
      }
    }
    return chosen;
  }

  private Optional<Chosen> target(Slot slot, ConfigValue value) {
    String name = value.unwrapped().toString();
    Map<String, PluginCatalog.Claim> claims = catalog.claims(slot.section());
    String target = claims.containsKey(name) ? claims.get(name).target() : name;
    String chosen = slot.key() + " = " + SettingsBinder.show(value);
    if (!target.matches("[^/]+/[^/]+")) {
      String question = Suggestions.question(name, claims.keySet());
      problem(
          AssemblyErrors.UNKNOWN_PLUGIN,
          value,
          slot,
          chosen + " names no plugin." + question + available(slot));
      return Optional.empty();
    }
    String module = target.substring(0, target.indexOf('/'));
    String className = target.substring(module.length() + 1);
    Optional<PluginSource> source = catalog.module(module);
    if (source.isEmpty() && claims.containsKey(name)) {
      source = Optional.of(claims.get(name).source()).filter(home -> home.name().isEmpty());
    }
    if (source.isEmpty() && !catalog.hasClassPath()) {
      problem(
          AssemblyErrors.UNKNOWN_PLUGIN,
          value,
          slot,
          chosen
              + ": there is no module "
              + module
              + "."
              + Suggestions.question(module, catalog.pluginModules())
              + available(slot));
      return Optional.empty();
    }
    return Optional.of(new Chosen(slot, value, module, className, source));
  }

  private String available(Slot slot) {
    Map<String, PluginCatalog.Claim> claims = catalog.claims(slot.section());
    if (claims.isEmpty()) {
      return " No jar that fills "
          + slot.spi().getSimpleName()
          + " was found; name its directory in weft.plugin-path"
          + (Planner.class.getModule().isNamed()
              ? ", or, for jars on the module path, start Java with --add-modules ALL-MODULE-PATH."
              : ", or put it on the class path.");
    }
    List<String> names = claims.keySet().stream().sorted().toList();
    return " Available: " + String.join(", ", names) + ".";
  }

  // ---- loading

  private List<Loaded> load(List<Chosen> chosen, List<String> nativeAccess) {
    Map<String, PluginSource> wanted = new LinkedHashMap<>();
    for (Chosen one : chosen) {
      one.source()
          .filter(source -> source.reference().isPresent())
          .ifPresent(source -> wanted.put(source.name(), source));
    }
    List<PluginSource> available =
        catalog.sources().stream().filter(source -> source.reference().isPresent()).toList();
    List<PluginLayer.Unresolved> unresolved = new ArrayList<>();
    ModuleLayer running =
        Optional.ofNullable(Planner.class.getModule().getLayer()).orElse(ModuleLayer.boot());
    PluginLayer layer =
        PluginLayer.resolve(running, wanted.values(), available, nativeAccess, unresolved);
    Map<String, String> reasons = new LinkedHashMap<>();
    unresolved.forEach(one -> reasons.put(one.source().name(), one.reason()));

    List<Loaded> loaded = new ArrayList<>();
    for (Chosen one : chosen) {
      if (reasons.containsKey(one.module())) {
        problem(
            AssemblyErrors.MISSING_MODULE,
            one.value(),
            one.slot(),
            one.key()
                + ": its module cannot be resolved: "
                + reasons.get(one.module())
                + ". Put the missing jar beside "
                + one.source().orElseThrow().location()
                + ".");
      } else {
        classOf(one, layer).flatMap(type -> check(one, type)).ifPresent(loaded::add);
      }
    }
    return loaded;
  }

  private Optional<Class<?>> classOf(Chosen chosen, PluginLayer layer) {
    Optional<java.lang.Module> module =
        chosen.source().flatMap(s -> s.module().or(() -> layer.find(s.name())));
    try {
      Class<?> type =
          module.isPresent()
              ? Class.forName(module.get(), chosen.className())
              : Class.forName(chosen.className(), false, Planner.class.getClassLoader());
      if (type != null) {
        return Optional.of(type);
      }
    } catch (ClassNotFoundException | LinkageError e) {
      // Reported below like a missing class.
    }
    return refuse(chosen, "module " + chosen.module() + " has no class " + chosen.className());
  }

  private Optional<Loaded> check(Chosen chosen, Class<?> type) {
    WeftPlugin plugin = type.getAnnotation(WeftPlugin.class);
    if (plugin == null || !Module.class.isAssignableFrom(type)) {
      String what = plugin == null ? "is not annotated with @WeftPlugin" : "is no Guice module";
      return refuse(chosen, type.getName() + " " + what);
    }
    if (plugin.provides() != chosen.slot().spi()) {
      return refuse(
          chosen,
          type.getName()
              + " fills "
              + plugin.provides().getSimpleName()
              + ", not "
              + chosen.slot().spi().getSimpleName());
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return Optional.of(new Loaded(chosen, plugin, (Module) constructor.newInstance()));
    } catch (InaccessibleObjectException e) {
      return refuse(
          chosen,
          "its module has to open "
              + type.getPackageName()
              + " to com.google.guice and io.weft.plugin.assembly");
    } catch (InvocationTargetException e) {
      return refuse(chosen, type.getName() + " cannot be made: " + e.getCause());
    } catch (ReflectiveOperationException e) {
      return refuse(chosen, type.getName() + " has no constructor without parameters");
    }
  }

  private <T> Optional<T> refuse(Chosen chosen, String why) {
    problem(
        AssemblyErrors.NOT_A_PLUGIN,
        chosen.value(),
        chosen.slot(),
        chosen.key() + ": " + why + "." + available(chosen.slot()));
    return Optional.empty();
  }

  private void problem(ErrorCode code, ConfigValue value, Slot slot, String message) {
    problems.add(code, value.origin(), slot.key(), message);
  }

  // ---- settings

  private void knowDefaults() {
    Shape.Section weft = known.at(ROOT);
    weft.merge(Shape.ofRecord(CoreSettings.class));
    for (Slot slot : Slot.values()) {
      weft.at(slot.section()).merge("plugin", new Shape.Leaf());
    }
    for (PluginSource source : catalog.sources()) {
      weft.merge(Shape.ofDefaults(objectAt(source.defaults(), ROOT).withoutKey("aliases")));
    }
    weft.merge("aliases", new Shape.Free());
  }

  /** Checks limits that depend on settings of other parts; each setting alone has been checked. */
  private void checkTogether(Config all) {
    if (!problems.list().isEmpty()) {
      return; // A value out of range would be reported again.
    }
    filled.forEach(
        one -> {
          if (one.settings() instanceof DependentSettings settings) {
            checkTogether(settings, sections.get(one), all);
          }
        });
  }

  private void checkTogether(DependentSettings settings, String section, Config all) {
    OtherSettings others =
        new OtherSettings(
            all,
            message -> cautions.add(new Caution(placeOf(all, message, section), section, message)));
    try {
      settings.check(others);
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      problems.add(
          AssemblyErrors.OUT_OF_RANGE, placeOf(all, message, section), section, message + ".");
    }
  }

  /** Refuses weights that would have no effect. */
  private void checkWeights(CoreSettings core) {
    if (core.members().stream().map(member -> member.toMember().weight()).distinct().count() > 1
        && problems.list().isEmpty()) {
      choices.stream()
          .filter(choice -> choice.section().equals(Slot.HASH_STRATEGY.section()))
          .forEach(this::checkHonoursWeights);
    }
  }

  private void checkHonoursWeights(Choice choice) {
    String key = Slot.HASH_STRATEGY.key();
    try {
      if (!Wiring.hashStrategy(filled).honoursWeights()) {
        problems.add(
            AssemblyErrors.OUT_OF_RANGE,
            choice.place(),
            key,
            key
                + " = "
                + choice.plugin()
                + " ignores weights, but those in weft.members differ; choose a strategy that"
                + " honours them, such as ring, or give all members the same weight.");
      }
    } catch (WeftException e) {
      problems.add(e.code(), choice.place(), key, e.getMessage());
    }
  }

  /** The place of the key with which a message begins. */
  private static Place placeOf(Config all, String message, String section) {
    String key = message.substring(0, message.indexOf(' '));
    return Place.of((all.hasPath(key) ? all.getValue(key) : objectAt(all, section)).origin());
  }

  /** Checks that every root key of a file is {@code weft}, or is referred to by the file itself. */
  private void checkRoots(Config written, Config user) {
    String text = written.root().render();
    Set<String> keys = known.at(ROOT).keys().keySet();
    user.root()
        .forEach(
            (key, value) -> {
              boolean referred = text.contains("${" + key) || text.contains("${?" + key);
              if (!key.equals(ROOT) && !referred) {
                problems.add(
                    AssemblyErrors.UNKNOWN_KEY,
                    value.origin(),
                    key,
                    key
                        + " is not a known key: all keys are in weft { ... }."
                        + Suggestions.nearest(key, List.of(ROOT))
                            .or(() -> Suggestions.nearest(key, keys).map(near -> ROOT + "." + near))
                            .map(near -> " Did you mean " + near + "?")
                            .orElse(" Other keys are allowed here only for ${" + key + "}."));
              }
            });
  }

  /** Reports system properties named like settings, which would otherwise be ignored silently. */
  private void checkSystemProperties() {
    for (String name : new TreeSet<>(System.getProperties().stringPropertyNames())) {
      String key = name.startsWith(ROOT + ".") ? name.substring(ROOT.length() + 1) : "";
      String section = key.contains(".") ? key.substring(0, key.indexOf('.')) : key;
      Optional<String> near = Suggestions.nearest(section, known.at(ROOT).keys().keySet());
      if (near.isPresent()) {
        problems.add(
            AssemblyErrors.UNKNOWN_KEY,
            new Place("-D" + name, 0),
            name,
            "system properties set nothing: write "
                + name
                + " = ... into the configuration file, or "
                + name
                + " = ${?NAME} to take it from an environment variable."
                + (near.get().equals(section) ? "" : " Did you mean weft." + near.get() + "?"));
      }
    }
  }

  private void fill(Loaded loaded, Config all, Config user, SettingsBinder binder) {
    Class<? extends Record> type = loaded.plugin().settings();
    String path = loaded.section();
    known.at(path).merge(Shape.ofRecord(type));
    binder
        .bind(type, objectAt(all, path), path)
        .ifPresent(made -> add(filled(loaded, made, path), path));
    List<Setting> settings = new ArrayList<>();
    list(type, all, user, path, settings);
    Chosen chosen = loaded.chosen();
    if (!loaded.plugin().caution().isEmpty()) {
      cautions.add(
          new Caution(
              Place.of(chosen.value().origin()),
              chosen.slot().key(),
              chosen.key() + ": " + loaded.plugin().caution() + "."));
    }
    choices.add(
        new Choice(
            chosen.slot().section(),
            chosen.slot().spi().getSimpleName(),
            chosen.value().unwrapped().toString(),
            chosen.module(),
            chosen.className(),
            chosen.source().map(PluginSource::location).orElse("the class path"),
            Place.of(chosen.value().origin()),
            !user.hasPath(chosen.slot().key()),
            settings));
  }

  private static Filled filled(Loaded loaded, Record settings, String path) {
    Slot slot = loaded.chosen().slot();
    return new Filled(
        slot,
        loaded.module(),
        settings,
        Agreed.of(slot, loaded.plugin().id(), loaded.chosen().module(), settings, path),
        "\"" + loaded.plugin().id() + "\" (" + location(loaded.chosen()) + ")");
  }

  private static String location(Chosen chosen) {
    return chosen.source().map(PluginSource::location).orElse(chosen.className());
  }

  private void add(Filled made, String section) {
    filled.add(made);
    sections.put(made, section);
  }

  private static void list(
      Class<?> type, Config all, Config user, String path, List<Setting> settings) {
    ConfigObject section = objectAt(all, path);
    for (RecordComponent component : type.getRecordComponents()) {
      String name = Kebab.ofComponent(component.getName());
      String key = path + "." + name;
      ConfigValue value = section.get(name);
      if (SettingsBinder.isSection(component.getType())) {
        list(component.getType(), all, user, key, settings);
      } else if (value != null && value.valueType() != ConfigValueType.NULL) {
        settings.add(
            new Setting(
                key, SettingsBinder.show(value), Place.of(value.origin()), !user.hasPath(key)));
      }
    }
  }

  private static ConfigObject objectAt(Config config, String path) {
    return config.hasPath(path) && config.getValue(path) instanceof ConfigObject object
        ? object
        : ConfigFactory.empty().root();
  }
}
