npx loadwright init sagemaker --yes --format yaml
npx loadwright run --emulator --duration 5s
npx loadwright report
