// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.inject.Module;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.weft.spi.plugin.WeftPlugin;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules about the fixed shape of a plugin: Guice module, settings record, reference.conf. */
final class PluginRulesTest {

  private static final String ALIASES = "weft.aliases";

  /** All reference.conf files of the plugins, merged. */
  private static final Config REFERENCE = ConfigFactory.parseResourcesAnySyntax("reference.conf");

  private static final List<JavaClass> PLUGINS =
      House.CLASSES.stream().filter(type -> type.isAnnotatedWith(WeftPlugin.class)).toList();

  @Test
  void everyPluginModuleHasAPlugin() {
    Set<String> modules =
        House.MODULES.keySet().stream()
            .filter(House::isPlugin)
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(modules.size() >= 11, () -> "sees only " + modules);
    assertEquals(
        modules,
        PLUGINS.stream().map(House::moduleOf).collect(Collectors.toCollection(TreeSet::new)),
        "Modules that the configuration may choose (expected) and modules with a plugin (actual)"
            + " differ. To fix: annotate the Guice module with @WeftPlugin.");
  }

  @Test
  void guiceModulesOfPluginsHaveTheFixedShape() {
    Verdict.on(
        "the Guice module of a plugin is a public final *Module",
        "Write `@WeftPlugin(...) public final class RingModule extends AbstractModule`.",
        PLUGINS.stream()
            .filter(
                type ->
                    !type.getModifiers()
                            .containsAll(Set.of(JavaModifier.PUBLIC, JavaModifier.FINAL))
                        || !type.getSimpleName().endsWith("Module")
                        || !Module.class.isAssignableFrom(type.reflect()))
            .map(JavaClass::getName)
            .toList());
  }

  @Test
  void everyPluginIsRegisteredUnderItsName() {
    Map<String, String> aliases = aliases();
    Stream<String> unregistered =
        PLUGINS.stream()
            .filter(type -> alias(type).isEmpty())
            .map(type -> type.getName() + " is registered under no alias that ends in its id");
    Set<String> places = PLUGINS.stream().map(PluginRulesTest::place).collect(Collectors.toSet());
    Stream<String> dangling =
        aliases.entrySet().stream()
            .filter(alias -> !places.contains(alias.getValue()))
            .map(alias -> alias.getKey() + " names " + alias.getValue() + ", which is no plugin");
    Verdict.on(
        "every plugin has an alias in its reference.conf, and every alias a plugin",
        "Write `weft.aliases.SECTION.ID = \"MODULE/CLASS\"`.",
        Stream.concat(unregistered, dangling).toList());
  }

  @Test
  void settingsAndReferenceAgree() {
    Verdict.on(
        "the components of a settings record are the keys of its section, with a default each",
        "Add the missing key or component; an Optional component needs no default.",
        PLUGINS.stream().flatMap(PluginRulesTest::disagreements).toList());
  }

  @Test
  void everyKeyHasItsProse() {
    Verdict.on(
        "a comment before each key says what it means, with unit and range",
        "Write it: operators read reference.conf as the manual.",
        REFERENCE.entrySet().stream()
            .filter(entry -> entry.getValue().origin().comments().isEmpty())
            .map(entry -> entry.getKey() + " at " + entry.getValue().origin().description())
            .sorted()
            .toList());
  }

  private static Stream<String> disagreements(JavaClass type) {
    WeftPlugin plugin = type.reflect().getAnnotation(WeftPlugin.class);
    String section = section(type, plugin);
    Set<String> keys =
        REFERENCE.hasPath(section) ? REFERENCE.getObject(section).keySet() : Set.of();
    RecordComponent[] components = plugin.settings().getRecordComponents();
    Set<String> names =
        Arrays.stream(components)
            .map(component -> kebab(component.getName()))
            .collect(Collectors.toSet());
    Stream<String> withoutDefault =
        Arrays.stream(components)
            .filter(component -> component.getType() != Optional.class)
            .map(component -> kebab(component.getName()))
            .filter(name -> !keys.contains(name))
            .map(name -> section + "." + name + " has no default");
    Stream<String> withoutComponent =
        keys.stream()
            .filter(key -> !names.contains(key))
            .map(key -> section + "." + key + " has no component in " + plugin.settings());
    return Stream.concat(withoutDefault, withoutComponent);
  }

  private static String section(JavaClass type, WeftPlugin plugin) {
    if (!plugin.section().isEmpty()) {
      return plugin.section();
    }
    return alias(type).map(alias -> "weft." + alias).orElse("weft." + plugin.id());
  }

  /** The alias of a plugin, {@code section.id}, if its last part is the plugin's id. */
  private static Optional<String> alias(JavaClass type) {
    String id = type.reflect().getAnnotation(WeftPlugin.class).id();
    return aliases().entrySet().stream()
        .filter(alias -> alias.getValue().equals(place(type)))
        .map(Map.Entry::getKey)
        .filter(alias -> alias.endsWith("." + id))
        .findFirst();
  }

  private static Map<String, String> aliases() {
    return REFERENCE.getConfig(ALIASES).entrySet().stream()
        .collect(Collectors.toMap(PluginRulesTest::path, entry -> text(entry.getValue())));
  }

  private static String path(Map.Entry<String, ConfigValue> entry) {
    return String.join(".", ConfigUtil.splitPath(entry.getKey()));
  }

  private static String text(ConfigValue value) {
    return String.valueOf(value.unwrapped());
  }

  private static String place(JavaClass type) {
    return House.moduleOf(type) + "/" + type.getName();
  }

  private static String kebab(String camelCase) {
    return camelCase.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }
}
