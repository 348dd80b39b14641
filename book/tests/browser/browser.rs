//! A browser under our control.

use fantoccini::{Client, ClientBuilder, elements::Element, key::Key, wd::Locator};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// How long a page may take until something is there.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Browser {
    runtime: Runtime,
    client: Client,
    driver: Child,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says it listens on.
fn port_of(driver: &mut Child) -> Option<u16> {
    let lines = BufReader::new(driver.stdout.take()?).lines();
    let mut lines = lines.map_while(Result::ok);
    let line = lines.find(|line| line.contains("started successfully on port"))?;
    // What it says later goes nowhere, and must not block it.
    std::thread::spawn(move || lines.for_each(drop));
    line.rsplit("port ").next()?.trim_end_matches('.').parse().ok()
}

impl Browser {
    /// Starts the driver, and through it the browser.
    pub(crate) fn start() -> Result<Self, String> {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("chromedriver cannot be started: {error}"))?;
        let Some(port) = port_of(&mut driver) else {
            let _ = driver.kill();
            return Err("chromedriver does not say its port".to_owned());
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let capabilities = json!({
            "goog:chromeOptions": { "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000"] },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("it is an object") };
        let client = runtime.block_on(
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}")),
        );
        match client {
            Ok(client) => Ok(Self { runtime, client, driver }),
            Err(error) => {
                let _ = driver.kill();
                Err(format!("chromium cannot be started: {error}"))
            }
        }
    }

    /// Opens a page anew.
    pub(crate) fn open(&mut self, page: &str) {
        self.go(&crate::address(page));
    }

    /// Opens an address anew.
    pub(crate) fn go(&mut self, address: &str) {
        self.runtime.block_on(async {
            // Another address with the same page before the sign would not load it.
            self.client.goto("about:blank").await.expect("an empty page");
            self.client.goto(address).await.expect("the page is there");
        });
        self.wait("return location.protocol === 'file:' && document.readyState === 'complete'");
    }

    /// Runs a script in the page, and returns what it returns.
    pub(crate) fn run(&mut self, script: &str) -> Value {
        self.runtime.block_on(self.client.execute(script, Vec::new())).expect("the script runs")
    }

    /// Runs a script that calls its first argument when it is done.
    pub(crate) fn run_async(&mut self, script: &str) -> Value {
        let run = self.client.execute_async(script, Vec::new());
        self.runtime.block_on(run).expect("the script runs")
    }

    /// Waits until a script returns true.
    pub(crate) fn wait(&mut self, script: &str) {
        let begun = Instant::now();
        while self.run(script) != Value::Bool(true) {
            assert!(begun.elapsed() < PATIENCE, "still not: {script}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn find(&mut self, selector: &str) -> Element {
        let found = self.runtime.block_on(self.client.find(Locator::Css(selector)));
        found.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Clicks on what a selector finds, as with a mouse.
    pub(crate) fn click(&mut self, selector: &str) {
        let element = self.find(selector);
        self.runtime
            .block_on(element.click())
            .unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// The text of what a selector finds.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let element = self.find(selector);
        self.runtime.block_on(element.text()).expect("it has a text")
    }

    /// Presses keys where the focus is.
    pub(crate) fn press(&mut self, keys: &str) {
        let focused =
            self.runtime.block_on(self.client.active_element()).expect("something is focused");
        self.runtime.block_on(focused.send_keys(keys)).expect("keys arrive");
    }

    /// Presses the tabulator.
    pub(crate) fn tab(&mut self) {
        self.press(&Key::Tab.to_string());
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        self.runtime
            .block_on(self.client.set_window_size(width, height))
            .expect("the window has a size");
    }

    /// Opens a chapter and waits for the stage of a variant; returns its selector.
    pub(crate) fn stage(&mut self, scenario: &str, variant: &str) -> String {
        self.open(&format!("{scenario}.html#{variant}/"));
        let stage = format!("[data-variant='{scenario}/{variant}']");
        self.wait(&format!("return !!document.querySelector(\"{stage}.rp-ready\")"));
        stage
    }
}
